"""A small DAX evaluator and lint for the subset that the model's measures use."""
