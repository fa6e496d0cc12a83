"""Joins the parts: from Visma.net to state, from state to verified tables. Knows no Dagster.

What a part does by itself belongs in that part; how runs are started, in orchestration and cli.
"""
