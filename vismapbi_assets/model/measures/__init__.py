"""The texts of the measures, one file per measure home. Read by `semantic_model`."""
