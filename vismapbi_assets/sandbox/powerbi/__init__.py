"""The simulated Power BI REST service for push datasets."""
