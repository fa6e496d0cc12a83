"""The finance semantic model: tables, transforms, relationships and measures in pure polars.

No I/O.
"""
