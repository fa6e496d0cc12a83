"""Keeps a Power BI push semantic model equal to Visma.net ERP.

Import the concrete module; nothing is exported here.
"""

import ctypes
import os
import sys

# Pages and batches are megabytes that come and go. One arena of polars' allocator that gives
# memory back after half a second, not at once, holds the peak down and saves the system a fresh
# page for most of them. It is read when polars is imported; what is set outside stands.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:500,muzzy_decay_ms:0")

# Python's own bodies and pages come from the C library, which gives every thread an arena that
# keeps what it once held. One for all of them keeps a tenth less, at no cost that was seen.
_M_ARENA_MAX = -8
if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # musl has none
        mallopt(_M_ARENA_MAX, 1)
