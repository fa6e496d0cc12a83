"""What can go wrong in the store, each with the next step in its message.

Errors of the storage itself (network, permissions, disk) are not wrapped: they come as the
library raises them.
"""


class StoreError(Exception):
    """Something in the store needs attention."""


class StoreBusyError(StoreError):
    """Other writers were faster, again and again."""


class SchemaConflictError(StoreError):
    """Stored rows and new rows disagree about the type of a column."""


class PlanConflictError(StoreError):
    """A plan or commit number was used by somebody else, or out of order."""


class LeaseLostError(StoreError):
    """Somebody else has taken over what this run was doing."""


class StoreResetError(StoreError):
    """A table is younger than what was computed from it."""
