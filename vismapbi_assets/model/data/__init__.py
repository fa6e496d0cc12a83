"""Data of the model that people edit: the default account mapping."""
