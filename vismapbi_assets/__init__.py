"""Keeps a Power BI push semantic model equal to Visma.net ERP.

Import the concrete module; nothing is exported here.
"""

import os

# Pages and batches are megabytes that come and go. One arena of polars' allocator that gives
# memory back after a second, not at once, holds the peak down and saves the system a fresh page
# for most of them. It is read when polars is imported; what is set outside stands.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:1000,muzzy_decay_ms:0")
