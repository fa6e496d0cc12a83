"""Handlers of rows: post, delete, sequence numbers.

A POST stores all its rows or none, exactly once per request that comes here; what happens to the
connection around it is the application's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response

from vismapbi_assets.sandbox.powerbi.call import Call, listing
from vismapbi_assets.sandbox.powerbi.errors import (
    Refusal,
    bad_request,
    invalid_request,
    refuse,
    throttled,
)
from vismapbi_assets.sandbox.powerbi.rows import RowRules
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_assets.sandbox.powerbi.tenant import Dataset, PushTable

SEQUENCE_HEADER = "X-PowerBI-PushData-SequenceNumber"


@contextmanager
def pending(sandbox: PowerBISandbox, dataset_id: str | None) -> Iterator[None]:
    """Count a POST of rows as pending while it is worked on, or refuse one too many."""
    dataset = sandbox.datasets.get(dataset_id or "")
    if dataset is None:
        yield
        return
    if dataset.meter.pending >= sandbox.limits.pending_posts:
        raise throttled(1, "Too many pending requests")
    dataset.meter.pending += 1
    try:
        yield
    finally:
        dataset.meter.pending -= 1


def post_rows(call: Call) -> Response:
    """Append rows."""
    dataset, table = call.table()
    sandbox, limits, now = call.sandbox, call.sandbox.limits, call.sandbox.clock.now()
    wait = dataset.meter.wait_for_post(now, limits, dataset.largest_table)
    if wait > 0:
        raise throttled(sandbox.clock.real_seconds(wait))
    dataset.meter.book_post(now)
    if len(call.body) > limits.request_bytes:
        raise Refusal(413)
    rules = RowRules(sandbox.switches.long_strings, sandbox.switches.unknown_columns)
    frame = table.decoder.decode(call.body, rules, limits)
    call.entry.rows = frame.height
    wait = dataset.meter.rows.wait(now, limits.rows_per_hour, frame.height)
    if wait > 0:
        message = "The hourly limit of rows is reached"
        raise throttled(sandbox.clock.real_seconds(wait), message)
    if dataset.retention == "None" and table.rows.height + frame.height > limits.table_rows:
        raise invalid_request("The table is full")
    if not _in_sequence(call, table):
        return Response(status_code=200)
    half = call.fault is not None and call.fault.kind == "half"
    if half:
        frame = frame.head(frame.height // 2)
        call.entry.rows = frame.height
    table.rows.append(frame, now + sandbox.switches.visibility_delay)
    table.rows.seal(now)
    dataset.meter.rows.book(now, frame.height)
    _trim(sandbox, dataset, table)
    call.entry.stored = frame.height > 0
    if half and call.fault is not None:
        raise refuse(call.fault.status, "InternalServerError")
    return Response(status_code=200)


def _trim(sandbox: PowerBISandbox, dataset: Dataset, table: PushTable) -> None:
    limits = sandbox.limits
    if dataset.retention != "None" and table.rows.height > limits.fifo_rows + limits.fifo_slack:
        table.rows.keep_newest(limits.fifo_rows)


def _in_sequence(call: Call, table: PushTable) -> bool:
    """Whether the rows are to be stored as far as their sequence number is concerned."""
    policy = call.sandbox.switches.sequence_numbers
    text = call.request.headers.get(SEQUENCE_HEADER)
    if text is None or policy in {"ignored", "unsupported"}:
        return True
    if not text.lstrip("-").isdigit():
        raise bad_request("The sequence number is not valid.")
    number, last = int(text), table.sequence.get(call.object_id, 0)
    if number <= last:
        if policy == "replay_error":
            raise invalid_request("The sequence number is out of order")
        return False
    table.sequence[call.object_id] = number
    return True


def delete_rows(call: Call) -> Response:
    """Remove all rows of a table."""
    _, table = call.table()
    call.entry.rows = table.rows.height
    table.rows.clear()
    if call.sandbox.switches.sequence_reset_on_delete:
        table.sequence.clear()
    call.entry.stored = True
    return Response(status_code=200)


def sequence_numbers(call: Call) -> Response:
    """The last sequence number of each writer, where the service answers at all."""
    _, table = call.table()
    if call.sandbox.switches.sequence_numbers == "unsupported":
        raise Refusal(404)
    numbers = [
        {"clientId": writer, "sequenceNumber": number} for writer, number in table.sequence.items()
    ]
    return listing(numbers, "sequenceNumbers")
