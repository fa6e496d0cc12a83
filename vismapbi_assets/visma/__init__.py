"""Speaks Visma.net: entities, client, paging, extraction. Knows no Dagster and no Power BI."""
