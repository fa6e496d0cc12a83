"""Delta tables and objects that we own: state, published, plans, archive, quarantine.

Knows neither end.
"""
