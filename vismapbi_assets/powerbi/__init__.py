"""Speaks Power BI: client, dataset, quota, publisher, refresh.

Knows no Dagster and no Visma.net.
"""
