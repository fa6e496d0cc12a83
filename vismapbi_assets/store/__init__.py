"""What we know, on disk: state, published rows, plans, archive, quarantine.

Delta tables and small files below one root (a folder or a URL). Knows neither Visma.net nor Power
BI; what the rows mean belongs to `visma`, `model` and `powerbi`.
"""

from vismapbi_assets.store.store import Store

__all__ = ["Store"]
