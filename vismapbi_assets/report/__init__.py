"""The controller's report: statements, ageing, trends and proofs from published rows.

Belongs here: choosing figures, laying them out as one HTML page or as JSON, and drawing charts.
How a figure is computed belongs in `model/figures` and `model/statements`; what is published and
verified, in `pipeline/`. Nothing below imports this package, and nothing here calls a service.
"""
