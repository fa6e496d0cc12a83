"""Keeps a Power BI push semantic model equal to Visma.net ERP.

Import the concrete module; nothing is exported here.
"""
