"""One declaration per table of the semantic model.

The functions that fill them live in transforms.
"""
