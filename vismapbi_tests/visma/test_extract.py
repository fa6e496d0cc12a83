"""From a window to state: calls, proof, loops, deletions, going on after a stop, quarantine."""

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.visma import errors
from vismapbi_assets.visma import extract as extract_module
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.probe import probe
from vismapbi_assets.visma.rebuild import rebuild
from vismapbi_assets.visma.window import Window
from vismapbi_tests.visma.books import PAST, balanced, batch, invoice, supplier
from vismapbi_tests.visma.doubles import Reply, client_of, company, limits
from vismapbi_tests.visma.test_traps import on_page

TODAY = Window(datetime.fromisoformat("2026-11-22T22:00:00"))


def stamped(**members):
    return {"lastModifiedDateTime": PAST, **members}


def reference(books, *, ledgers=("1", "2"), budgets=("B1",), branches=("1", "2"), years=("2026",)):
    """What loops are made of."""
    kinds = {**dict.fromkeys(ledgers, "Actual"), **dict.fromkeys(budgets, "Budget")}
    books.unpaged |= {"/v1/branch", "/v1/ledger", "/v1/financialperiod", "/v1/budget"}
    books.lists["/v1/branch"] = [stamped(number=n, name=f"Branch {n}") for n in branches]
    books.lists["/v1/ledger"] = [
        stamped(number=n, description=n, balanceType=kind) for n, kind in kinds.items()
    ]
    books.lists["/v1/financialperiod"] = [
        {"year": y, "period": "01", "startDate": f"{y}-01-01T00:00:00",
         "endDate": f"{y}-02-01T00:00:00"}
        for y in years
    ]  # fmt: skip


def test_a_first_reading_costs_its_pages_and_an_idle_one_a_single_call(desk):
    books = desk.books
    reference(books)
    books.lists["/v1/supplier"] = [supplier(n) for n in range(23)]
    books.lists["/v2/journaltransaction"] = [balanced(n, lines=4) for n in range(12)]
    expected = {"supplier": 3, "journalTransaction": 5, "branch": 1, "ledger": 1}
    assert {name: desk.extract(name).calls for name in expected} == expected
    for name in expected:
        idle = desk.extract(name, TODAY)
        assert (idle.calls, idle.written, idle.complete) == (1, 0, True), name
        assert len(books.asked) == 1


def test_the_report_is_the_audit_log_of_the_run(desk):
    desk.books.lists["/v1/supplierinvoice"] = [
        invoice(n, amount=10, stamp=f"2026-11-{n + 1:02}T08:00:00.12") for n in range(12)
    ]
    done = desk.extract("supplierInvoice")
    assert (done.entity, done.company, done.window) == ("supplierInvoice", "no", "everything")
    assert (done.pages, done.read, done.new, done.distinct, done.total) == (2, 12, 12, 12, 12)
    assert done.watermark == datetime.fromisoformat("2026-11-12T08:00:00.12")
    assert done.totals["balance"] == Decimal(120)
    assert "balanceInCurrency" not in done.totals
    assert done.bytes > 1000
    pages = list(desk.store.archive.addresses("supplierInvoice", done.run_id))
    assert len(pages) == 2
    assert all(page.startswith(done.archive) for page in pages)
    assert set(desk.state("supplierInvoice", "page").to_series()) == set(pages)
    body, meta = desk.store.archive.read_page(pages[0])
    assert body.startswith(b"[{")
    assert meta["query"]["pageNumber"] == "1"


def test_every_page_is_archived_before_it_is_read_even_a_broken_one(desk):
    desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(5)]
    desk.books.before = on_page(1, lambda: Reply(b'[{"number": "V1", "na'))
    done = desk.extract("supplier")
    assert (done.complete, done.calls, done.new) == (True, 2, 5)
    first, second = desk.store.archive.addresses("supplier")
    bodies = {desk.store.archive.read_page(page)[0][:22] for page in (first, second)}
    assert len(bodies) == 2


def test_a_page_that_stays_broken_is_a_clear_failure(desk):
    desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(5)]
    desk.extract("supplier")
    desk.books.before = lambda call: Reply(b"<html>We are sorry</html>")
    with pytest.raises(errors.MalformedPageError, match="We are sorry"):
        desk.extract("supplier", sweep=True)
    assert len(desk.keys("supplier")) == 5


def test_budgets_are_asked_per_branch_budget_ledger_and_year(desk):
    reference(desk.books, years=("2025", "2026"))
    with pytest.raises(errors.PermanentError, match="read branch first"):
        desk.extract("budget")
    for name in ("branch", "ledger", "financialPeriod"):
        desk.extract(name)
    desk.books.lists["/v1/budget"] = [
        stamped(
            branchNumber={"number": "1"}, financialYear="2026", account={"number": "4000"},
            subaccount={"id": "00"}, amount=12, periods=[{"periodId": "202601", "amount": 1}],
        )
    ]  # fmt: skip
    desk.books.before = lambda call: (
        None if call.query.get("branch") == "1" and call.query["financialYear"] == "2026"
        else Reply([])
    )  # fmt: skip
    done = desk.extract("budget", TODAY)
    asked = [(q["branch"], q["ledger"], q["financialYear"]) for _, q in desk.books.asked]
    assert asked == [(b, "B1", y) for b in ("1", "2") for y in ("2025", "2026")]
    assert (done.calls, done.new, done.complete, done.whole) == (4, 1, True, True)
    assert desk.state("budget", "key", "ledger").rows() == [("1:B1:2026:4000:00", "B1")]


def test_ledger_lines_are_asked_per_ledger_that_is_no_budget(desk):
    reference(desk.books)
    desk.extract("ledger")
    desk.books.lists["/v1/generalledgertransactions"] = []
    done = desk.extract("generalLedgerTransactions")
    assert [q["ledger"] for _, q in desk.books.asked] == ["1", "2"]
    assert done.complete


def test_dimensions_are_read_one_by_one_with_reserved_characters_wrapped(desk):
    def before(call):
        if call.path == "/v1/dimension":
            return Reply(["PROJECT", "SUB/ACCOUNT"])
        name = "SUB/ACCOUNT" if "b64(" in call.path else call.path.rsplit("/")[-1]
        return Reply({"id": name, "length": 2, "segments": []})

    desk.books.before = before
    done = desk.extract("dimension")
    assert desk.keys("dimension") == ["PROJECT", "SUB/ACCOUNT"]
    assert (done.calls, done.complete) == (3, True)
    assert desk.books.asked[2][0] == "/v1/dimension/b64(U1VCL0FDQ09VTlQ=)"


def test_an_unpaged_list_shows_its_deletions_every_time(desk):
    reference(desk.books, ledgers=[str(n) for n in range(10)])
    desk.extract("ledger")
    desk.books.lists["/v1/ledger"].pop(2)
    done = desk.extract("ledger", TODAY)
    assert (done.calls, done.deleted) == (1, 1)
    [(_, query)] = desk.books.asked
    assert query == {}, "no filter, or the rest would look deleted"


def test_a_list_that_tells_no_size_is_read_twice_before_anything_counts_as_gone(desk):
    rows = desk.books.lists["/v1/cashtransaction"] = [
        stamped(tranType="CashEntry", referenceNbr=f"{n}") for n in range(25)
    ]
    desk.books.silent = {"/v1/cashtransaction"}
    assert desk.extract("cashTransaction").calls == 3
    assert desk.extract("cashTransaction", sweep=True).calls == 3
    desk.books.before = on_page(2, lambda: rows.pop(0) and None)  # another row slips past
    done = desk.extract("cashTransaction", sweep=True)
    assert (done.calls, done.readings) == (6, 2)
    assert done.deleted == 0
    done = desk.extract("cashTransaction", sweep=True)
    assert done.deleted == 1
    assert len(desk.keys("cashTransaction")) == 24


def test_a_document_written_by_another_run_meanwhile_is_not_taken_for_deleted(desk):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(30)]
    desk.extract("supplier")

    def meanwhile():
        desk.books.before = lambda call: None
        with client_of(desk.server, desk.clock) as client:
            rows.append(supplier(100, stamp="2026-11-23T11:00:00"))
            desk.extract("supplier", TODAY, client=client)
            rows.pop()

    desk.books.before = on_page(3, meanwhile)
    done = desk.extract("supplier", sweep=True, pages_in_flight=1)
    assert done.deleted == 0
    assert "V100" in desk.keys("supplier")


def test_a_list_larger_than_an_hours_calls_is_read_over_several_hours(desk):
    desk.books.lists["/v2/journaltransaction"] = [balanced(n, lines=6) for n in range(25)]
    calls, hours = 0, []

    def before(call):
        nonlocal calls
        calls += 1
        return Reply(b"", 429, {"Retry-After": "3000"}) if calls % 7 == 0 else None

    desk.books.before = before
    while True:
        done = desk.extract("journalTransaction", pages_in_flight=1)
        hours.append(done.calls)
        if done.complete:
            break
        assert done.resume_at is not None
        assert "of 15 pages" in str(done.reason)
        desk.clock.time = done.resume_at
    assert hours == [7, 7, 3]
    assert (done.distinct, done.total, done.held) == (150, 150, 0)
    lines = desk.state("journalTransaction", "journalTransactionLines").to_series()
    assert lines.list.len().to_list() == [6] * 25
    desk.books.before = lambda call: None
    assert desk.extract("journalTransaction").calls == 15, "nothing is left of the old reading"


def test_an_interrupted_reading_is_proved_against_changes_of_the_meantime(desk):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    desk.books.before = on_page(3, lambda: Reply(b"", 429, {"Retry-After": "3000"}))
    stopped = desk.extract("supplier", pages_in_flight=1)
    rows[4]["name"], rows[4]["lastModifiedDateTime"] = "renamed", "2026-11-23T12:10:00"
    rows.append(supplier(100, stamp="2026-11-23T12:20:00"))
    desk.clock.time = stopped.resume_at
    done = desk.extract("supplier")
    assert done.complete
    names = dict(desk.state("supplier", "key", "name").rows())
    assert names["V4"] == "renamed"
    assert "V100" in names


def test_the_pages_of_an_old_interrupted_reading_are_not_used(desk):
    desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(40)]
    desk.books.before = on_page(3, lambda: Reply(b"", 429, {"Retry-After": "3000"}))
    desk.extract("supplier", pages_in_flight=1)
    desk.clock.sleep(25 * 3600)
    assert desk.extract("supplier").calls == 4


def test_the_reserve_ends_a_run_before_the_server_does(desk):
    desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(60)]
    left = iter(range(29, 0, -1))
    answer = desk.server.answer

    def limited(call):
        reply = answer(call)
        return Reply(reply.body, reply.status, limits(next(left), reset=2400))

    desk.server.answer = limited
    with client_of(desk.server, desk.clock, reserve_calls=26) as client:
        done = desk.extract("supplier", client=client, pages_in_flight=1)
    assert not done.complete
    assert (done.calls, done.new) == (4, 40)
    assert "reserve of 26" in str(done.reason)
    assert done.resume_at == desk.clock.now() + timedelta(seconds=2400)


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", range(1, 8))
def test_a_run_that_dies_anywhere_leaves_whole_documents_and_the_next_one_repairs(
    desk, monkeypatch, at
):
    desk.books.lists["/v2/journaltransaction"] = [balanced(n, lines=6) for n in range(15)]
    steps = iter(range(1, 1000))

    def dying(door):
        def call(*args, **kwargs):
            if next(steps) == at:
                raise Died
            return door(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        from vismapbi_assets.store.archive import Archive
        from vismapbi_assets.store.state import StateTable

        patch.setattr(Archive, "write_page", dying(Archive.write_page))
        patch.setattr(StateTable, "upsert", dying(StateTable.upsert))
        with pytest.raises(Died):
            desk.extract("journalTransaction", pages_in_flight=1, chunk_rows=18)
    if desk.store.state("journalTransaction").exists():
        lines = desk.state("journalTransaction", "journalTransactionLines").to_series()
        assert set(lines.list.len().to_list()) == {6}
    done = desk.extract("journalTransaction")
    assert done.complete
    assert len(desk.keys("journalTransaction")) == 15
    assert desk.store.state("journalTransaction").current(["key"]).collect().n_unique() == 15


def test_a_large_list_is_committed_in_chunks(desk):
    desk.books.lists["/v2/journaltransaction"] = [balanced(n, lines=6) for n in range(40)]
    done = desk.extract("journalTransaction", chunk_rows=60)
    assert done.sequence == 4
    assert done.new == 40


def test_a_batch_that_does_not_balance_is_held_back_until_it_does(desk):
    books = desk.books
    books.lists["/v2/journaltransaction"] = [
        balanced(1), batch(2, [(10, 0), (0, 9)]),
        batch(3, [(10, 0), (0, 10)], debitTotal=30, creditTotal=30,
              debitTotalInCurrency=30, creditTotalInCurrency=30),
    ]  # fmt: skip
    done = desk.extract("journalTransaction")
    assert (done.held, done.new, done.complete) == (2, 1, True)
    assert desk.keys("journalTransaction") == ["GL:1"]
    waiting = desk.waiting("journalTransaction")
    assert dict(waiting.select("key", "rule").rows()) == {
        "GL:2": "unbalanced", "GL:3": "incomplete",
    }  # fmt: skip
    assert "debit 10.0000 and credit 9.0000" in waiting["reason"][0]
    assert "10.0000" in waiting["reason"][1]
    assert "30.0000" in waiting["reason"][1]
    again = desk.extract("journalTransaction")
    assert (again.held, len(desk.waiting("journalTransaction"))) == (2, 2)
    books.lists["/v2/journaltransaction"][1] = balanced(2, stamp="2026-11-23T09:00:00")
    repaired = desk.extract("journalTransaction", TODAY)
    assert (repaired.held, repaired.new) == (0, 1)
    assert desk.waiting("journalTransaction")["key"].to_list() == ["GL:3"]


def test_a_batch_that_loses_its_balance_keeps_its_last_good_version_and_is_not_deleted(desk):
    rows = desk.books.lists["/v2/journaltransaction"] = [balanced(n) for n in range(8)]
    desk.extract("journalTransaction")
    rows[3] = batch(3, [(10, 0), (0, 9)], stamp="2026-11-23T09:00:00")
    done = desk.extract("journalTransaction", sweep=True)
    assert (done.held, done.deleted) == (1, 0)
    assert "GL:3" in desk.keys("journalTransaction")


def test_a_held_batch_that_somebody_releases_flows_on_and_stays_released(desk):
    desk.books.lists["/v2/journaltransaction"] = [batch(1, [(10, 0), (0, 9)])]
    desk.extract("journalTransaction")
    desk.store.quarantine("journalTransaction").release(
        "no", ["GL:1"], run_id="by-hand", at=desk.clock.now(), note="agreed with the accountant"
    )
    for new in (1, 0):
        done = desk.extract("journalTransaction")
        assert (done.held, done.new) == (0, new)
    assert desk.keys("journalTransaction") == ["GL:1"]


def bad(row):
    """A document that breaks its contract: a due date beyond any calendar."""
    return {**row, "dueDate": "2206-01-01T00:00:00"}


def test_a_rejected_document_stops_nobody_and_is_not_taken_for_deleted(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [invoice(n) for n in range(12)]
    desk.extract("supplierInvoice")
    rows[5] = bad(rows[5]) | {"lastModifiedDateTime": "2026-11-23T09:00:00"}
    rows.append(bad(invoice(50)))
    rows.append(invoice(51))
    done = desk.extract("supplierInvoice", sweep=True)
    assert (done.quarantined, done.new, done.deleted) == (2, 1, 0)
    assert (done.distinct, done.total, done.complete) == (14, 14, True)
    assert "Invoice:5" in desk.keys("supplierInvoice")
    assert "Invoice:50" not in desk.keys("supplierInvoice")
    waiting = desk.waiting("supplierInvoice")
    assert sorted(waiting["key"]) == ["Invoice:5", "Invoice:50"]
    assert waiting["page"].null_count() == 0
    rows[5] = invoice(5, stamp="2026-11-23T10:00:00")
    desk.extract("supplierInvoice", TODAY)
    assert desk.waiting("supplierInvoice")["key"].to_list() == ["Invoice:50"]


def test_a_released_document_flows_on_as_it_was_repaired(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [invoice(1), bad(invoice(2))]
    desk.extract("supplierInvoice")
    quarantine = desk.store.quarantine("supplierInvoice")
    raw = quarantine.waiting()["raw"].item().replace("2206", "2026")
    quarantine.release("no", ["Invoice:2"], run_id="x", at=desk.clock.now(), raw=raw)
    done = desk.extract("supplierInvoice")
    assert (done.quarantined, done.new) == (0, 1)
    due = desk.state("supplierInvoice", "dueDate").to_series()
    assert [day.year for day in due] == [2026, 2026]
    assert rows[1]["dueDate"].startswith("2206")


def test_documents_without_a_readable_key_forbid_deletions(desk):
    rows = desk.books.lists["/v1/supplierinvoice"] = [invoice(n) for n in range(12)]
    desk.extract("supplierInvoice")
    rows[0] = rows[0] | {"referenceNumber": None}
    done = desk.extract("supplierInvoice", sweep=True)
    assert (done.unkeyed, done.deleted, done.complete) == (1, 0, True)
    assert "no readable key" in str(done.deletion_refused)


def test_companies_share_a_store_and_never_touch_each_others_rows(desk):
    rows = desk.books.lists["/v1/supplier"] = [supplier(n) for n in range(12)]
    desk.extract("supplier")
    with client_of(desk.server, desk.clock, of=company("se", tenant_id="t-se")) as client:
        rows.pop()
        done = desk.extract("supplier", client=client, sweep=True)
        assert (done.company, done.new, done.deleted) == ("se", 11, 0)
        with pytest.raises(ValueError, match="reads company se"):
            extract_module.extract(
                CATALOGUE["supplier"], "no", TODAY, client=client, store=desk.store,
                run_id="r", options=desk.options(),
            )  # fmt: skip
    found = desk.state("supplier", "company", "key")
    assert found.group_by("company").len().sort("company").rows() == [("no", 12), ("se", 11)]


def test_state_is_built_again_from_the_archive_without_a_call(desk, tmp_path):
    import shutil

    books = desk.books
    books.lists["/v2/journaltransaction"] = [balanced(n, lines=6) for n in range(9)]
    desk.extract("journalTransaction")
    books.lists["/v2/journaltransaction"][4] = balanced(4, lines=12, stamp="2026-11-23T09:00:00")
    desk.extract("journalTransaction", TODAY)
    columns = ("key", "content_hash", "modified_at", "journalTransactionLines")
    before = desk.state("journalTransaction", *columns)
    shutil.rmtree(tmp_path / "store" / "state")
    calls = len(desk.server.calls)
    done = rebuild(
        CATALOGUE["journalTransaction"], desk.store, zone="Europe/Oslo", run_id="rebuild"
    )
    assert len(desk.server.calls) == calls
    assert (done.pages, done.unreadable) == (8, ())
    assert desk.state("journalTransaction", *columns).equals(before)


def test_a_probe_counts_what_changed_in_one_call(desk):
    desk.books.lists["/v1/supplier"] = [
        supplier(n, stamp=f"2026-11-{n + 1:02}T08:00:00") for n in range(20)
    ]
    since = datetime.fromisoformat("2026-11-15T08:00:00")
    desk.books.asked.clear()
    found = probe(CATALOGUE["supplier"], desk.client, since)
    assert found.count == 6
    [(_, query)] = desk.books.asked
    assert (query["pageSize"], query["lastModifiedDateTimeCondition"]) == ("1", ">=")
    desk.books.lists["/v2/journaltransaction"] = [balanced(1, lines=6)]
    assert probe(CATALOGUE["journalTransaction"], desk.client, None).count == 6
    reference(desk.books)
    first = probe(CATALOGUE["financialPeriod"], desk.client, None)
    desk.books.lists["/v1/financialperiod"][0]["closed"] = True
    assert first.count == 1
    assert probe(CATALOGUE["financialPeriod"], desk.client, None).digest != first.digest


def test_lines_are_stored_in_their_order_with_exact_amounts(desk):
    desk.books.lists["/v2/journaltransaction"] = [
        batch(1, [(0.1, 0), (0.2, 0), (0, 0.3)], debitTotal=0.3, debitTotalInCurrency=0.3)
    ]
    assert desk.extract("journalTransaction", journal_page_size=2).held == 0
    [lines] = desk.state("journalTransaction", "journalTransactionLines").to_series()
    assert [line["debitAmount"] for line in lines] == [
        Decimal("0.1000"), Decimal("0.2000"), Decimal("0.0000"),
    ]  # fmt: skip
    assert isinstance(desk.state("journalTransaction")["key"].dtype, pl.String)
