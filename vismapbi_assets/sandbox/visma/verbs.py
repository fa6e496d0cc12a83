"""Named changes that tests and demos can ask for, in process or over the control API.

Belongs here: the list of all changes; every one keeps the books balanced. Does not belong here:
what a change does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import document_verbs, ledger_verbs
from .history import Company
from .verb_arguments import Result

VERBS: dict[str, Callable[..., Result]] = {
    verb.__name__: verb
    for verb in (
        document_verbs.create_document,
        document_verbs.create_supplier_invoice,
        document_verbs.create_customer_invoice,
        document_verbs.release_document,
        document_verbs.edit_document,
        document_verbs.delete_draft,
        document_verbs.pay_document,
        document_verbs.prepay,
        document_verbs.apply_credit,
        document_verbs.void_payment,
        ledger_verbs.post_journal,
        ledger_verbs.post_batch,
        ledger_verbs.transfer_cash,
        ledger_verbs.create_party,
        ledger_verbs.rename_party,
        ledger_verbs.create_order,
        ledger_verbs.receive_order,
        ledger_verbs.cancel_order,
        ledger_verbs.close_period,
        ledger_verbs.correct_card,
        ledger_verbs.restamp,
        ledger_verbs.work,
        ledger_verbs.advance,
    )
}


def perform(company: Company, verb: str, /, **arguments: Any) -> Result:
    """Do a named change; an unknown name is refused."""
    if verb not in VERBS:
        raise LookupError(f"unknown change '{verb}'; known are {sorted(VERBS)}")
    return VERBS[verb](company, **arguments)
