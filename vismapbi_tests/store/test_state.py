"""What an upsert writes, what it leaves, and that values come back exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.store import Store
from vismapbi_assets.store.errors import SchemaConflictError, StoreResetError
from vismapbi_assets.store.state import StateTable
from vismapbi_tests.store.frames import NOW, SCHEMA, documents


def contents(table: StateTable) -> dict[str, str]:
    return dict(table.current(["key", "content_hash"]).collect().iter_rows())


@pytest.fixture
def invoices(store: Store) -> StateTable:
    return store.state("supplierInvoice")


def put(table: StateTable, *rows: tuple[str, int | None, str], at: datetime = NOW):
    return table.upsert(documents(*rows), run_id="run", extracted_at=at)


def test_a_first_reading_writes_every_document_once(invoices):
    done = put(invoices, ("A", 1, "a"), ("B", 1, "b"))
    assert (done.new, done.sequence) == (2, 1)
    assert contents(invoices) == {"A": "a", "B": "b"}


def test_the_same_reading_again_writes_nothing(invoices):
    put(invoices, ("A", 1, "a"), ("B", 1, "b"))
    version = invoices.delta.open().version()
    done = put(invoices, ("B", 1, "b"), ("A", 1, "a"), at=NOW + timedelta(days=1))
    assert (done.unchanged, done.written, done.sequence) == (2, 0, 1)
    assert invoices.delta.open().version() == version


def test_a_new_stamp_alone_writes_nothing(invoices):
    put(invoices, ("A", 1, "a"))
    done = put(invoices, ("A", 99, "a"))
    assert (done.unchanged, done.written) == (1, 0)


def test_a_changed_document_supersedes_the_stored_one(invoices):
    put(invoices, ("A", 1, "a"), ("B", 1, "b"))
    done = put(invoices, ("A", 1, "a2"))
    assert (done.changed, done.sequence) == (1, 2)
    assert contents(invoices) == {"A": "a2", "B": "b"}
    assert invoices.history("nordvik", "A")["content_hash"].to_list() == ["a", "a2"]


def test_an_older_document_never_wins(invoices):
    put(invoices, ("A", 5, "new"))
    done = put(invoices, ("A", 4, "old"))
    assert (done.stale, done.written) == (1, 0)
    assert contents(invoices) == {"A": "new"}


@pytest.mark.parametrize(("held", "incoming"), [(None, 1), (5, None), (None, None), (5, 5)])
def test_an_unknown_or_equal_stamp_is_not_older(invoices, held, incoming):
    put(invoices, ("A", held, "first"))
    assert put(invoices, ("A", incoming, "second")).changed == 1
    assert contents(invoices) == {"A": "second"}


@pytest.mark.parametrize(
    ("rows", "winner"),
    [
        ([("A", 2, "newest"), ("A", 1, "older")], "newest"),
        ([("A", 1, "older"), ("A", 2, "newest")], "newest"),
        ([("A", 2, "first"), ("A", 2, "last")], "last"),
        ([("A", None, "first"), ("A", None, "last")], "last"),
        ([("A", 2, "stamped"), ("A", None, "unstamped")], "unstamped"),
    ],
)
def test_of_a_repeated_key_the_newest_counts_and_the_last_of_equals(invoices, rows, winner):
    done = put(invoices, *rows, ("B", 1, "b"))
    assert done.new == 2
    assert contents(invoices) == {"A": winner, "B": "b"}


def test_companies_do_not_share_keys(invoices):
    put(invoices, ("A", 1, "a"))
    other = documents(("A", 1, "other"), company="solberg")
    assert invoices.upsert(other, run_id="run", extracted_at=NOW).new == 1
    assert invoices.rows("nordvik", pl.Series(["A"]))["content_hash"].to_list() == ["a"]


def test_a_document_without_a_key_is_refused(invoices):
    frame = documents(("A", 1, "a")).with_columns(key=pl.lit(None, pl.String))
    with pytest.raises(ValueError, match="without company or key"):
        invoices.upsert(frame, run_id="run", extracted_at=NOW)


def test_an_empty_reading_is_no_reading(invoices):
    assert invoices.upsert(documents(), run_id="run", extracted_at=NOW).sequence == 0
    assert not invoices.exists()


def test_values_come_back_exactly(invoices):
    frame = documents(("A", 1, "a")).with_columns(
        amount=pl.Series([Decimal("123456789012345.6789")], dtype=pl.Decimal(19, 4)),
        rate=pl.Series([Decimal("10.1234567891")], dtype=pl.Decimal(28, 10)),
        documentDate=pl.Series([date(1753, 1, 1)]),
        read=pl.Series([datetime(2026, 3, 29, 1, 30, 0, 123456, UTC)]).cast(
            pl.Datetime("us", "UTC")
        ),
        stamped=pl.Series([datetime(2026, 10, 25, 2, 30, 0, 654321)]),  # noqa: DTZ001
        digest=pl.Series([b"\x00\xff"]),
        invoiceLines=pl.Series(
            [[{"account_number": "Ærø", "cost": Decimal("-0.0001")}, None]],
            dtype=SCHEMA["invoiceLines"],
        ),
    )
    invoices.upsert(frame, run_id="run", extracted_at=NOW)
    held = invoices.current(frame.columns).collect()
    assert held.schema == frame.schema
    assert held.to_dicts() == frame.to_dicts()


def test_the_time_of_reading_is_kept_in_utc(invoices):
    oslo = NOW.astimezone(timezone(timedelta(hours=1)))
    invoices.upsert(documents(("A", 1, "a")), run_id="run-7", extracted_at=oslo)
    row = invoices.current(["extracted_at", "run_id", "sequence"]).collect().row(0)
    assert row == (NOW, "run-7", 1)


def test_new_columns_and_line_members_join_the_table(invoices):
    put(invoices, ("A", 1, "a"))
    wider = documents(("B", 1, "b")).with_columns(
        currency=pl.lit("NOK"),
        invoiceLines=pl.Series(
            [[{"account_number": "b", "cost": Decimal(1), "vatCode_id": "3"}]],
            dtype=pl.List(
                pl.Struct(
                    {
                        "account_number": pl.String,
                        "cost": pl.Decimal(19, 4),
                        "vatCode_id": pl.String,
                    }
                )
            ),
        ),
    )
    invoices.upsert(wider, run_id="run", extracted_at=NOW)
    put(invoices, ("C", 1, "c"))
    held = invoices.current(["key", "currency", "invoiceLines"]).sort("key").collect()
    assert held["currency"].to_list() == [None, "NOK", None]
    lines = held.explode("invoiceLines").unnest("invoiceLines")
    assert lines["vatCode_id"].to_list() == [None, "3", None]
    assert lines["account_number"].to_list() == ["a", "b", "c"]


def test_a_column_that_changes_its_type_is_refused_by_name(invoices):
    put(invoices, ("A", 1, "a"))
    with pytest.raises(SchemaConflictError, match="column amount is stored as Decimal"):
        invoices.upsert(
            documents(("B", 1, "b")).with_columns(amount=pl.lit("1")), run_id="r", extracted_at=NOW
        )


def test_tombstones_mark_what_a_complete_reading_did_not_show(invoices):
    put(invoices, *((key, 1, key) for key in "ABCDEFGHIJ"))
    done = invoices.tombstone("nordvik", pl.Series(list("ABCDEFGHI")), run_id="sweep", at=NOW)
    assert (done.deleted, done.refused_reason, done.sequence) == (1, None, 2)
    assert sorted(contents(invoices)) == list("ABCDEFGHI")
    gone = invoices.changed_since(1).collect()
    assert gone["key"].to_list() == ["J"]
    assert gone["deleted_at"].to_list() == [NOW]
    assert gone["invoiceLines"].to_list() == [[{"account_number": "J", "cost": Decimal("0.0001")}]]


def test_tombstones_leave_other_companies_alone(invoices):
    put(invoices, ("A", 1, "a"))
    other = documents(("Z", 1, "z"), company="solberg")
    invoices.upsert(other, run_id="run", extracted_at=NOW)
    invoices.tombstone("nordvik", pl.Series(["A"]), run_id="sweep", at=NOW)
    assert sorted(contents(invoices)) == ["A", "Z"]


@pytest.mark.parametrize(
    ("present", "reason"),
    [([], "no document at all"), (["A"], r"3 of 4 documents \(75%\)")],
)
def test_an_empty_or_shrunken_reading_deletes_nothing_unless_allowed(invoices, present, reason):
    put(invoices, *((key, 1, key) for key in "ABCD"))
    keys = pl.Series(present, dtype=pl.String)
    done = invoices.tombstone("nordvik", keys, run_id="sweep", at=NOW)
    assert done.deleted == 0
    assert pl.Series([done.refused_reason]).str.contains(reason).item()
    assert sorted(contents(invoices)) == list("ABCD")
    done = invoices.tombstone("nordvik", keys, run_id="sweep", at=NOW, allow=True)
    assert done.deleted == 4 - len(present)
    assert sorted(contents(invoices)) == present


def test_a_document_that_another_run_wrote_during_the_reading_is_not_deleted(invoices):
    put(invoices, *((key, 1, key) for key in "ABCDEFGHI"))
    began = invoices.sequence()
    put(invoices, ("late", 2, "late"))
    present = pl.Series(list("ABCDEFGH"))
    done = invoices.tombstone("nordvik", present, run_id="sweep", at=NOW, read_from=began)
    assert done.deleted == 1
    assert "late" in contents(invoices)


def test_a_document_that_comes_back_is_revived_also_with_the_same_content(invoices):
    put(invoices, *((key, 1, key) for key in "ABCDE"))
    invoices.tombstone("nordvik", pl.Series(list("ABCD")), run_id="sweep", at=NOW)
    done = put(invoices, ("E", 1, "E"), at=NOW + timedelta(minutes=1))
    assert (done.revived, done.sequence) == (1, 3)
    assert contents(invoices)["E"] == "E"
    again = invoices.tombstone("nordvik", pl.Series(list("ABCDE")), run_id="sweep", at=NOW)
    assert again.deleted == 0


def test_a_page_read_before_the_deletion_does_not_revive(invoices):
    put(invoices, *((key, 1, key) for key in "ABCDE"))
    invoices.tombstone("nordvik", pl.Series(list("ABCD")), run_id="sweep", at=NOW)
    done = put(invoices, ("E", 9, "E2"), at=NOW - timedelta(seconds=1))
    assert (done.stale, done.written) == (1, 0)


def test_changes_are_found_by_sequence(invoices):
    put(invoices, ("A", 1, "a"), ("B", 1, "b"), ("C", 1, "c"))
    put(invoices, ("A", 2, "a2"))
    put(invoices, ("A", 3, "a3"), ("B", 3, "b3"))

    def since(sequence: int) -> dict[str, str]:
        frame = invoices.changed_since(sequence, ["key", "content_hash"]).collect()
        return dict(frame.iter_rows())

    assert since(0) == {"A": "a3", "B": "b3", "C": "c"}
    assert since(1) == {"A": "a3", "B": "b3"}
    assert since(2) == {"A": "a3", "B": "b3"}
    assert since(3) == {}


def test_a_table_that_was_emptied_is_noticed_by_its_consumers(invoices):
    put(invoices, ("A", 1, "a"))
    assert invoices.changed_since(1).collect().is_empty()
    with pytest.raises(StoreResetError, match="is at 1, but something was computed from 2"):
        invoices.changed_since(2)


def test_changes_are_read_from_the_new_files_only(invoices):
    put(invoices, *((f"{n:05d}", 1, "x") for n in range(200)))
    put(invoices, ("00001", 2, "y"))
    first = next(f for f in invoices.snapshot().files if f.low["sequence"] == 1)
    (invoices.objects.folder / "state/supplierInvoice" / first.path).unlink()
    assert invoices.changed_since(1).collect().height == 1


def test_a_snapshot_does_not_move(invoices):
    put(invoices, ("A", 1, "a"))
    held = invoices.snapshot()
    put(invoices, ("A", 2, "a2"), ("B", 2, "b"))
    assert held.sequence == 1
    assert held.current(["content_hash"]).collect()["content_hash"].to_list() == ["a"]


def test_columns_that_nobody_stored_yet_are_null(store, invoices):
    put(invoices, ("A", 1, "a"))
    assert invoices.current(["key", "unheard"]).collect().to_dicts() == [
        {"key": "A", "unheard": None}
    ]
    assert store.state("never").current(["key", "amount"]).collect().is_empty()
    assert store.state("never").sequence() == 0


def test_statistics_survive_checkpoints(invoices):
    for n in range(30):
        put(invoices, (f"{n:03d}", 1, "x"))
    ranges = [(f.low["sequence"], f.high["key"]) for f in invoices.snapshot().files]
    assert ranges == [(n + 1, f"{n:03d}") for n in range(30)]


def test_the_rows_of_one_commit_leave_out_what_a_later_one_has_superseded(invoices):
    put(invoices, ("A", 1, "a"), ("B", 1, "b"))
    put(invoices, ("B", 2, "c"), ("C", 1, "c"))
    put(invoices, ("C", 2, "d"))
    snapshot = invoices.snapshot()
    kept = {
        number: snapshot.current(["key"], since=number - 1, until=number).collect()["key"].to_list()
        for number in (1, 2, 3)
    }
    assert kept == {1: ["A"], 2: ["B"], 3: ["C"]}
    assert len(snapshot.current(["key"], since=1, until=3).collect()) == 2
