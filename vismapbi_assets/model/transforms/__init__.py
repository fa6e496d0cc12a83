"""Functions from Visma state frames to the rows of model tables. Pure polars, no I/O."""
