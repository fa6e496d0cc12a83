"""The eighteen traps of a delta extractor for Visma.net, one by one."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.visma import errors
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.window import WHOLE, Window, changed_since, is_closed_by, window_of
from vismapbi_tests.visma.books import PAST, balanced, batch, invoice, supplier
from vismapbi_tests.visma.doubles import Reply, client_of, company, limits

TODAY = Window(datetime.fromisoformat("2026-11-22T22:00:00"))
NUMBER = pl.element().struct.field("lineNumber")
LATER = "2026-11-23T12:30:00.153"


def on_page(number, action):
    """Does something once, ahead of the answer to that page."""
    done = []

    def before(call):
        if call.query.get("pageNumber") == str(number) and not done:
            done.append(True)
            return action()
        return None

    return before


def test_trap_01_a_journal_page_counts_lines_and_no_half_batch_is_lost_or_doubled(desk):
    desk.books.lists["/v2/journaltransaction"] = [balanced(n, lines=6) for n in range(11)]
    done = desk.extract("journalTransaction")
    assert done.complete
    assert (done.calls, done.distinct, done.total) == (7, 66, 66)  # ceil(66 lines / 10)
    lines = desk.state("journalTransaction", "journalTransactionLines").to_series()
    assert lines.list.len().to_list() == [6] * 11
    assert lines.list.eval(NUMBER).to_list() == [[1, 2, 3, 4, 5, 6]] * 11


def test_trap_02_fragments_are_joined_within_one_reading_and_replace_an_older_one(desk):
    books = desk.books
    books.lists["/v2/journaltransaction"] = [balanced(1, lines=26), balanced(2, lines=2)]
    assert desk.extract("journalTransaction").complete
    books.lists["/v2/journaltransaction"][0] = balanced(1, lines=12, stamp=LATER)
    done = desk.extract("journalTransaction", TODAY)
    assert (done.changed, done.new, done.held) == (1, 0, 0)
    lines = desk.state("journalTransaction", "journalTransactionLines").to_series()
    assert lines.list.len().to_list() == [12, 2]


def test_trap_02_fragments_of_two_versions_are_never_mixed(desk):
    """The batch is changed between the pages that hold its halves."""
    books = desk.books
    books.lists["/v2/journaltransaction"] = [balanced(n, lines=8) for n in range(4)]

    def change():
        books.lists["/v2/journaltransaction"][1] = batch(
            1, [(3, 0), (0, 3)] * 4, stamp="2026-11-23T13:00:00"
        )

    books.before = on_page(2, change)
    done = desk.extract("journalTransaction", pages_in_flight=1)
    assert done.complete
    sums = desk.state("journalTransaction", "debitTotal").to_series().to_list()
    assert sums == [Decimal(40), Decimal(12), Decimal(40), Decimal(40)]
    lines = desk.state("journalTransaction", "journalTransactionLines").to_series()
    assert [row["debitAmount"] for row in lines[1]] == [Decimal(3), Decimal(0)] * 4


def test_trap_03_a_run_that_stopped_claims_nothing_and_its_window_can_be_asked_again(desk):
    desk.books.lists["/v1/supplier"] = [
        supplier(n, stamp=f"2026-11-23T0{n // 10}:00:00") for n in range(40)
    ]
    desk.books.before = on_page(3, lambda: Reply(b"", 429, {"Retry-After": "1800"}))
    stopped = desk.extract("supplier", TODAY, pages_in_flight=1)
    assert not stopped.complete
    assert stopped.resume_at == desk.clock.now() + timedelta(seconds=1801)
    assert len(desk.keys("supplier")) == 20, "what was read is kept"
    desk.clock.sleep(1801)
    again = desk.extract("supplier", TODAY)
    assert again.complete
    assert again.watermark == datetime.fromisoformat("2026-11-23T03:00:00"), (
        "the newest stamp, not the clock"
    )
    assert len(desk.keys("supplier")) == 40


def test_trap_04_a_window_is_asked_with_both_parameters_at_or_after_and_no_zone(desk):
    desk.books.lists["/v1/supplier"] = [
        supplier(1, stamp="2026-11-22T22:00:00"), supplier(2, stamp="2026-11-22T21:59:59.997"),
    ]  # fmt: skip
    window = window_of(date(2026, 11, 23), first_day=date(2026, 11, 1), overlap=timedelta(hours=2))
    desk.extract("supplier", window)
    [(_, query)] = desk.books.asked
    assert query["lastModifiedDateTime"] == "2026-11-22T22:00:00"
    assert query["lastModifiedDateTimeCondition"] == ">="
    assert desk.keys("supplier") == ["V1"]
    for entity in CATALOGUE.values():
        sent = changed_since(entity.delta, datetime.fromisoformat("2026-11-22T22:00:01.999999"))
        assert ("lastModifiedDateTimeCondition" in sent) == (entity.delta == "pair")
        assert sent.get("lastModifiedDateTime", "2026-11-22T22:00:01") == "2026-11-22T22:00:01"


@pytest.mark.parametrize("page", [2, 3, 4])
@pytest.mark.parametrize("change", ["insert first", "insert last", "delete", "restamp"])
def test_trap_05_rows_that_move_between_pages_are_neither_lost_nor_doubled(desk, page, change):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    fresh = "2026-11-23T13:00:00"

    def move():
        if change == "insert first":
            rows.insert(0, supplier(100, stamp=fresh))
        if change == "insert last":
            rows.append(supplier(100, stamp=fresh))
        if change == "delete":
            del rows[5]
        if change == "restamp":  # ordered by stamp: the row goes to the end
            rows.append({**rows.pop(5), "lastModifiedDateTime": fresh, "name": "moved"})

    desk.books.before = on_page(page, move)
    done = desk.extract("supplier", pages_in_flight=1)
    assert done.complete, done.reason
    assert set(desk.keys("supplier")) == {row["number"] for row in rows}
    assert done.readings <= 4


def test_trap_05_a_row_that_slipped_past_is_never_taken_for_deleted(desk):
    """A deletion and an insertion between the same two pages hide each other in the count."""
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    desk.extract("supplier")

    def move():
        del rows[5]
        rows.append(supplier(100, stamp="2026-11-23T13:00:00"))

    desk.books.before = on_page(2, move)
    done = desk.extract("supplier", sweep=True, pages_in_flight=1)
    assert done.deleted == 0
    assert {"V10", "V100"} <= set(desk.keys("supplier"))
    assert desk.extract("supplier", sweep=True).deleted == 1
    assert set(desk.keys("supplier")) == {row["number"] for row in rows}


def test_trap_05_a_list_that_never_adds_up_is_given_up_and_nothing_is_deleted(desk):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    assert desk.extract("supplier").complete
    rows.pop()
    desk.books.phantoms = 2
    done = desk.extract("supplier", sweep=True)
    assert not done.complete
    assert "39 distinct rows were read where the server counts 41" in str(done.reason)
    assert (done.deleted, done.readings) == (0, 6)
    assert len(desk.books.asked) <= 24, "bounded"


def test_trap_06_an_ignored_filter_is_noticed_by_the_rows(desk):
    desk.books.lists["/v1/supplierinvoice"] = [
        invoice(1), invoice(2, status="Closed"), invoice(3, status="Hold"),
    ]  # fmt: skip
    desk.extract("supplierInvoice")
    desk.books.ignore = {"status"}
    done = desk.reread_open("supplierInvoice")
    assert not done.complete
    assert "did not obey the filter status=Open: 2 of 3" in str(done.reason)
    desk.books.ignore = {"lastModifiedDateTime"}
    delta = desk.extract("supplierInvoice", TODAY)
    assert delta.drift["filter lastModifiedDateTime was ignored"] == 3


def test_trap_07_unpaged_lists_are_one_call_and_paged_ones_end_by_their_real_page_size(desk):
    books = desk.books
    books.unpaged = {"/v1/ledger"}
    books.lists["/v1/ledger"] = [
        {
            "number": f"{n}",
            "description": "L",
            "balanceType": "Actual",
            "lastModifiedDateTime": PAST,
        }
        for n in range(35)
    ]
    assert desk.extract("ledger").calls == 1
    assert len(desk.keys("ledger")) == 35
    books.lists["/v1/supplier"] = [supplier(n) for n in range(35)]
    small = desk.extract("supplier", page_size=5)  # maxPageSize is 1000, the size got is 5
    assert (small.calls, small.distinct) == (7, 35)
    books.caps["/v1/supplier"] = 20
    assert desk.extract("supplier", page_size=1000).calls == 2
    books.lists["/v1/supplier"] = []
    assert desk.extract("supplier", TODAY).calls == 1


def test_trap_08_a_number_means_nothing_without_type_or_module(desk):
    desk.books.lists["/v1/supplierinvoice"] = [
        invoice(7), invoice(7, documentType="CreditAdj", amount=-5),
    ]  # fmt: skip
    desk.books.lists["/v2/journaltransaction"] = [
        balanced(7), balanced(7, module="ModuleAP", lines=4),
    ]  # fmt: skip
    desk.extract("supplierInvoice")
    desk.extract("journalTransaction")
    assert desk.keys("supplierInvoice") == ["CreditAdj:7", "Invoice:7"]
    assert desk.keys("journalTransaction") == ["AP:7", "GL:7"]


def test_trap_09_a_deleted_draft_goes_with_a_complete_whole_reading_only(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [invoice(n) for n in range(40)]
    desk.extract("supplierInvoice")
    gone = rows.pop(3)["referenceNumber"]
    assert desk.extract("supplierInvoice", TODAY).deleted == 0
    desk.books.before = on_page(3, lambda: Reply(b"", 429, {"Retry-After": "1800"}))
    assert desk.extract("supplierInvoice", sweep=True, pages_in_flight=1).deleted == 0
    desk.clock.sleep(1801)
    done = desk.extract("supplierInvoice", sweep=True)
    assert (done.deleted, done.complete) == (1, True)
    assert f"Invoice:{gone}" not in desk.keys("supplierInvoice")


def test_trap_09_an_empty_or_far_too_small_answer_deletes_nothing_without_a_yes(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [invoice(n) for n in range(20)]
    desk.extract("supplierInvoice")
    kept, rows[:] = rows[:], []
    empty = desk.extract("supplierInvoice", sweep=True)
    assert empty.deleted == 0
    assert "empty answer" in str(empty.deletion_refused)
    rows[:] = kept[:15]
    few = desk.extract("supplierInvoice", sweep=True)
    assert few.deleted == 0
    assert "25%" in str(few.deletion_refused)
    assert desk.extract("supplierInvoice", sweep=True, allow_mass_deletion=True).deleted == 5


def test_trap_10_a_balance_that_moves_without_a_stamp_is_found_by_rereading_open_documents(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [
        invoice(n, stamp=f"2026-11-{n + 1:02}T08:00:00") for n in range(15)
    ]
    desk.extract("supplierInvoice")
    rows[2]["balance"] = 40
    partly = desk.reread_open("supplierInvoice")
    assert (partly.changed, partly.complete, partly.window) == (1, True, "open documents")
    rows[4] |= {"balance": 0, "status": "Closed"}
    closed = desk.reread_open("supplierInvoice")
    assert (closed.changed, closed.whole, closed.complete) == (1, True, True)
    state = desk.state("supplierInvoice", "key", "status", "balance").rows_by_key("key")
    assert state["Invoice:2"] == [("Open", Decimal(40))]
    assert state["Invoice:4"] == [("Closed", Decimal(0))]


def test_trap_11_a_mass_touch_writes_nothing_and_stays_within_its_calls(desk):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    desk.extract("supplier")
    before = desk.store.state("supplier").sequence()
    rows[:] = [{**row, "lastModifiedDateTime": "2026-11-23T03:00:00"} for row in rows]
    done = desk.extract("supplier", TODAY)
    assert (done.read, done.unchanged, done.written, done.calls) == (40, 40, 0, 4)
    assert desk.store.state("supplier").sequence() == before


def test_trap_12_money_is_exact_and_twins_and_signs_stay_as_they_are(desk):
    [row] = [invoice(1, documentType="DebitAdj", amount="EXACT", balanceInCurrency=0.1)]
    body = json.dumps([row | {"metadata": {"totalCount": 1, "maxPageSize": 1000}}])
    wire = body.replace('"EXACT"', "999999999999.9999").encode()
    desk.books.before = lambda call: Reply(wire)
    assert desk.extract("supplierInvoice").complete
    row = desk.state("supplierInvoice", "amount", "balance", "balanceInCurrency").row(0)
    exact = Decimal("999999999999.9999")
    assert row == (exact, exact, Decimal("0.1000"))


def test_trap_13_business_dates_stay_and_windows_cover_either_zone_of_the_server(desk):
    desk.books.lists["/v1/supplierinvoice"] = [invoice(1, date="2026-01-01T00:00:00")]
    desk.extract("supplierInvoice")
    assert desk.state("supplierInvoice", "date").item() == date(2026, 1, 1)
    overlap, first = timedelta(hours=2), date(2026, 1, 1)
    assert window_of(first, first_day=first, overlap=overlap) is WHOLE
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 26)):
        since = window_of(day, first_day=first, overlap=overlap).since
        assert since == datetime.combine(day, datetime.min.time()) - overlap
    local = datetime.fromisoformat("2026-10-26T01:59:00+01:00")
    closing = {"zone": "Europe/Oslo", "overlap": overlap}
    assert not is_closed_by(date(2026, 10, 25), local, **closing)
    assert is_closed_by(date(2026, 10, 25), local + timedelta(minutes=1), **closing)


def test_trap_14_running_balances_are_not_loaded():
    columns = CATALOGUE["generalLedgerTransactions"].state_schema
    assert {c for c in columns if "Balance" in c} == set()
    assert "debitAmount" in columns


def test_trap_15_new_values_and_members_are_kept_or_counted_and_reject_nothing(desk):
    desk.books.lists["/v1/supplierinvoice"] = [
        invoice(1), invoice(2, status="Sublimated", brandNewMember={"x": 1}),
    ]  # fmt: skip
    done = desk.extract("supplierInvoice")
    assert (done.new, done.quarantined, done.complete) == (2, 0, True)
    assert "Sublimated" in desk.state("supplierInvoice", "status").to_series().to_list()
    said = " ".join(done.drift)
    assert "Sublimated" in said
    assert "brandNewMember" in said


def test_trap_16_corrections_stand_beside_what_they_correct(desk):
    desk.books.lists["/v2/journaltransaction"] = [
        balanced(1), balanced(2, reversingEntry=True, originalBatchNumber="1"),
    ]  # fmt: skip
    desk.extract("journalTransaction")
    rows = desk.state("journalTransaction", "key", "originalBatchNumber", "reversingEntry").rows()
    assert rows == [("GL:1", None, None), ("GL:2", "1", True)]


def test_trap_17_a_token_that_ends_in_mid_list_is_renewed_and_never_crosses_companies(desk):
    desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(30)]
    revoked = []

    def before(call):
        token = call.headers["Authorization"]
        if call.query["pageNumber"] == "2" and not revoked:
            revoked.append(token)
        return Reply(b"", 401) if token in revoked else None

    desk.books.before = before
    assert desk.extract("supplier", pages_in_flight=1).complete
    assert len(desk.keys("supplier")) == 30
    other = company("se", tenant_id="other-tenant", company_id="7654321")
    with client_of(desk.server, desk.clock, of=other) as client:
        desk.extract("supplier", client=client)
    asked = {c.headers["ipp-company-id"]: set() for c in desk.server.calls}
    for call in desk.server.calls:
        asked[call.headers["ipp-company-id"]].add(call.headers["Authorization"])
    assert not asked["1234567"] & asked["7654321"]
    assert "tenant_id=other-tenant" in desk.server.tokens[-1].body


def test_trap_18_an_address_that_moved_is_an_error_and_not_an_empty_list(desk):
    desk.books.lists["/v1/supplier"] = [supplier(1)]
    desk.extract("supplier")
    desk.books.lists.clear()
    with pytest.raises(errors.NotFoundError, match=r"visma\.api_url"):
        desk.extract("supplier", sweep=True)
    desk.books.before = lambda call: Reply(b"", 301, {"Location": "https://elsewhere.invalid/"})
    with pytest.raises(errors.PermanentError, match="not followed"):
        desk.extract("supplier", sweep=True)
    desk.books.before = lambda call: Reply([], 200, limits(0, reset=3000))
    desk.extract("supplier", TODAY)
    assert desk.keys("supplier") == ["V1"]
