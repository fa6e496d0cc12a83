"""One declaration per Visma.net entity and the catalogue over them.

No HTTP and no storage here.
"""
