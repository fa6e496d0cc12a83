"""Pages into frames: exact values, one bad document among good ones, drift, pages that are none."""

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.visma.decode import Decoded, decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.errors import MalformedPageError

INVOICE = CATALOGUE["supplierInvoice"]
JOURNAL = CATALOGUE["journalTransaction"]


def invoice(number: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "documentType": "Invoice",
        "referenceNumber": f"INV{number}",
        "status": "Open",
        "date": "2026-03-17T00:00:00",
        "lastModifiedDateTime": "2026-03-20T06:35:22.153",
        **members,
    }


def page(*documents: Any, name: str = "supplierInvoice", **options: Any) -> Decoded:
    body = json.dumps(documents, ensure_ascii=False).encode()
    return decode_page(CATALOGUE[name], body, zone="Europe/Oslo", company="no", **options)


def one(text: str, column: str) -> Any:
    """A column of one invoice whose member has the given text on the wire."""
    head = '[{"documentType":"Invoice","referenceNumber":"INV1",'
    body = f'{head}"{column}":{text}}}]'.encode()
    return decode_page(INVOICE, body, zone="Europe/Oslo").frame[column][0]


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("123456789012.6789", "123456789012.6789"),
        ("-1234.7700", "-1234.7700"),
        ("0", "0.0000"),
        ("-0.0", "0.0000"),
        ("39999", "39999.0000"),
        ("1.5e3", "1500.0000"),
        ("0.1", "0.1000"),
    ],
)
def test_amounts_are_exact(wire: str, value: str) -> None:
    assert one(wire, "balance") == Decimal(value)


@settings(deadline=None, max_examples=50)
@given(st.decimals(-(10**12), 10**12, places=4, allow_nan=False))
def test_any_amount_survives(amount: Decimal) -> None:
    assert one(f"{amount:f}", "balance") == amount


def test_a_rate_keeps_ten_decimals() -> None:
    assert one("11.4321567891", "exchangeRate") == Decimal("11.4321567891")


def test_finer_numbers_are_rounded_half_even_and_counted() -> None:
    found = page(invoice(balance=1.23455), invoice(2, balance=2.5))
    assert found.frame["balance"].to_list() == [Decimal("1.2346"), Decimal("2.5")]
    assert found.drift == {"rounded balance": 1}


def test_business_dates(finance_examples: Path) -> None:
    with (finance_examples / "date_parsing.csv").open() as file:
        for case in csv.DictReader(file):
            body = json.dumps([invoice(date=case["SourceText"])]).encode()
            found = decode_page(INVOICE, body, zone=case["CompanyTimeZone"])
            assert found.frame["date"][0] == date.fromisoformat(case["ExpectedDate"]), case["Case"]


@pytest.mark.parametrize(
    ("wire", "stamp"),
    [
        ("2026-03-20T06:35:22.153", "2026-03-20T06:35:22.153000"),
        ("2024-12-02T14:14:59.74", "2024-12-02T14:14:59.740000"),
        ("2026-03-17T00:00:00", "2026-03-17T00:00:00"),
        ("2026-03-17T10:00:00Z", "2026-03-17T10:00:00"),
        ("2026-03-17 10:00:00.1234567", "2026-03-17T10:00:00.123456"),
        ("2026-03-17", "2026-03-17T00:00:00"),
    ],
)
def test_stamps_stay_server_time(wire: str, stamp: str) -> None:
    found = page(invoice(lastModifiedDateTime=wire))
    assert found.frame["modified_at"][0].isoformat() == datetime.fromisoformat(stamp).isoformat()
    assert found.frame.schema["modified_at"] == pl.Datetime("us")


def test_nested_objects_and_arrays_follow_the_naming() -> None:
    line = {"lineNumber": 1, "cost": 10, "account": {"number": "4300"}, "vatCode": None}
    found = page(
        invoice(1, supplier={"number": "V100", "name": "Jønkøping"}, invoiceLines=[line]),
        invoice(2, supplier=None, invoiceLines=[]),
        invoice(3),
    )
    assert found.frame["supplier_name"].to_list() == ["Jønkøping", None, None]
    lines = found.frame["invoiceLines"]
    assert lines.list.len().to_list() == [1, 0, 0]
    assert lines[0][0]["account_number"] == "4300"
    assert lines[0][0]["cost"] == Decimal("10.0000")
    assert found.frame.schema == pl.Schema(INVOICE.state_schema)


def test_empty_text_is_null() -> None:
    found = page(invoice(description="", supplierReference="X"))
    assert found.frame["description"].to_list() == [None]
    assert found.frame["supplierReference"].to_list() == ["X"]


def test_keys() -> None:
    assert page(invoice(1001)).frame["key"].to_list() == ["Invoice:INV1001"]
    batch = {"module": "ModuleGL", "batchNumber": "000010"}
    found = page(batch, name="journalTransaction").frame
    assert found["key"].to_list() == ["GL:000010"]
    assert found["module"].to_list() == ["ModuleGL"]
    article = {
        "branchNumber": {"number": "1"},
        "financialYear": "2026",
        "account": {"number": "3000"},
    }
    found = page(article, name="budget", requested={"ledger": "BUDGET"}).frame
    assert found["key"].to_list() == ["1:BUDGET:2026:3000:"]
    assert found["ledger"].to_list() == ["BUDGET"]
    period = {"year": 2026, "period": "11"}
    assert page(period, name="financialPeriod").frame["key"].to_list() == ["2026:11"]


def test_a_dimension_is_one_object() -> None:
    body = json.dumps(
        {
            "id": "SUBACCOUNT",
            "segments": [
                {"segmentId": 1, "segmentValues": [{"valueId": "001"}, {"valueId": "002"}]}
            ],
        }
    ).encode()
    found = decode_page(CATALOGUE["dimension"], body, zone="Europe/Oslo").frame
    assert found["key"].to_list() == ["SUBACCOUNT"]
    values = found["segments"][0][0]["segmentValues"]
    assert [value["valueId"] for value in values] == ["001", "002"]


def test_metadata_and_size_of_the_page() -> None:
    metadata = {"totalCount": 450, "maxPageSize": 10}
    found = page(invoice(1, metadata=metadata), invoice(2, metadata=metadata))
    assert (found.rows, found.total, found.cap) == (2, 450, 10)
    empty = page()
    assert (empty.rows, empty.total, empty.cap) == (0, None, None)
    assert empty.frame.schema == pl.Schema(INVOICE.state_schema)


def test_journal_pages_count_lines_and_know_their_first_line() -> None:
    def batch(*numbers: int) -> dict[str, Any]:
        lines = [{"lineNumber": n, "debitAmount": 1} for n in numbers]
        return {"module": "ModuleGL", "batchNumber": "1", "journalTransactionLines": lines}

    first = page(
        batch(1, 2), {"batchNumber": 5, "journalTransactionLines": [{}] * 3}, name=JOURNAL.name
    )
    second = page(batch(3), name=JOURNAL.name)
    assert first.rows == 5
    assert first.mark != second.mark
    assert first.mark == page(batch(1), name=JOURNAL.name).mark


@pytest.mark.parametrize(
    ("wrong", "rule", "reason"),
    [
        ({"balance": "many"}, "type", "balance: 'many' is no amount"),
        ({"balance": True}, "type", "balance: True is no amount"),
        ({"balance": [1]}, "type", "balance: [1] is no amount"),
        ({"invoiceLines": {"lineNumber": 1}}, "type", "is not an array"),
        ({"invoiceLines": [None]}, "type", "is not an object"),
        ({"supplier": "V100"}, "type", "supplier: 'V100' is not an object"),
        ({"documentVersionNumber": 2**70}, "type", "is too large"),
        ({"invoiceLines": [{"lineNumber": 1.5}]}, "type", "is no whole number"),
        ({"date": "17.03.2026"}, "date", "date"),
        ({"date": "1026-03-17T00:00:00"}, "date", "1990-01-01 to 2100-12-31"),
        ({"dueDate": "2101-01-01T00:00:00"}, "date", "dueDate: 2101-01-01T00:00:00 lies outside"),
        ({"invoiceLines": [{"termStartDate": "0001-01-01T00:00:00"}]}, "date", "termStartDate"),
        ({"lastModifiedDateTime": "yesterday"}, "date", "lastModifiedDateTime"),
        ({"balance": 1e13}, "range", "balance beyond 1,000,000,000,000"),
        ({"exchangeRate": -1}, "range", "exchangeRate below zero"),
        ({"invoiceLines": [{"cost": 1}, {"cost": -2e12}]}, "range", "invoiceLines.cost beyond"),
    ],
)
def test_one_bad_document_does_not_cost_the_others(
    wrong: dict[str, Any], rule: str, reason: str
) -> None:
    bad = invoice(2, **wrong)
    found = page(invoice(1), bad, invoice(3))
    assert found.frame["key"].to_list() == ["Invoice:INV1", "Invoice:INV3"]
    (reject,) = found.rejects
    assert (reject.key, reject.rule) == ("Invoice:INV2", rule)
    assert reason in reject.reason
    assert json.loads(reject.raw) == bad
    assert found.rows == 3


def test_a_number_beyond_the_column_is_refused() -> None:
    body = b'[{"documentType":"Invoice","referenceNumber":"INV1","balance":1e40}]'
    found = decode_page(INVOICE, body, zone="Europe/Oslo")
    assert [r.rule for r in found.rejects] == ["number"]
    assert "balance: 1E+40" in found.rejects[0].reason


def test_a_document_without_key_is_refused() -> None:
    found = page({"documentType": "Invoice"}, invoice(2))
    (reject,) = found.rejects
    assert (reject.key, reject.rule) == (None, "key")
    assert "documentType, referenceNumber" in reject.reason
    assert found.frame["key"].to_list() == ["Invoice:INV2"]


def test_elements_that_are_no_documents_are_refused() -> None:
    found = page(None, "INV1", invoice(3))
    assert [r.raw for r in found.rejects] == [b"null", b'"INV1"']
    assert found.frame["key"].to_list() == ["Invoice:INV3"]


def test_a_page_of_bad_documents_keeps_its_metadata() -> None:
    found = page(invoice(1, balance="x", metadata={"totalCount": 1, "maxPageSize": 10}))
    assert (len(found.frame), found.rows, found.total) == (0, 1, 1)


def test_new_members_are_counted_and_named() -> None:
    found = page(
        invoice(1, carbonTotal=3, supplier={"number": "V1", "gln": "7"}),
        invoice(2, carbonTotal=None, invoiceLines=[{"lineNumber": 1, "site": {}}] * 2),
        invoice(3, extras={}, errorInfo=None),
    )
    assert len(found.frame) == 3
    assert found.frame["supplier_number"][0] == "V1"
    assert found.drift == {
        "new member carbonTotal": 2,
        "new member supplier.gln": 1,
        "new member invoiceLines[].site": 2,
    }
    assert found.examples["new member carbonTotal"] == ("Invoice:INV1", "Invoice:INV2")


def test_unknown_values_are_kept_and_counted() -> None:
    found = page(invoice(1, status="Frozen"), invoice(2, status="Frozen"), invoice(3))
    assert found.frame["status"].to_list() == ["Frozen", "Frozen", "Open"]
    assert found.drift == {"unknown value status=Frozen": 2}
    assert found.examples["unknown value status=Frozen"] == ("Invoice:INV1",)


def test_other_types_are_converted_where_nothing_is_lost() -> None:
    found = page(
        invoice(1, balance="12.50", hold="true", documentVersionNumber="3", cashAccount=1920),
        invoice(2, documentVersionNumber=4.0, vatTotal=7),
    )
    assert found.rejects == ()
    row = found.frame.row(0, named=True)
    assert (row["balance"], row["hold"], row["cashAccount"]) == (Decimal("12.5"), True, "1920")
    assert found.frame["documentVersionNumber"].to_list() == [3, 4]
    assert found.drift["other type balance: str"] == 1
    assert found.drift["other type cashAccount: int"] == 1


def test_an_empty_text_is_no_value_of_any_type() -> None:
    found = page(invoice(1, balance="", hold="", date="", supplier=None), invoice(2, balance=1))
    assert found.rejects == ()
    assert found.frame["balance"].to_list() == [None, Decimal(1)]
    assert found.frame["hold"].to_list() == [None, None]
    assert found.frame["date"][0] is None


def test_missing_members_are_named() -> None:
    found = page(invoice(1, description=None, invoiceLines=[{"lineNumber": 1}]))
    assert "invoiceLines[].account.number" in found.missing
    assert "supplier.number" in found.missing
    assert "description" not in found.missing
    assert "status" not in found.missing


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"message": "VismaId: 1. Something"}',
        b'[{"referenceNumber": "INV1"',
        b'[{"referenceNumber": "INV1"}',
        b'[{"referenceNumber": "INV1"} {"referenceNumber": "INV2"}]',
        b"null",
        b"service unavailable",
    ],
)
def test_what_is_no_page_can_be_asked_for_again(body: bytes) -> None:
    with pytest.raises(MalformedPageError, match="supplierInvoice"):
        decode_page(INVOICE, body, zone="Europe/Oslo")


def test_a_byte_order_mark_is_no_content() -> None:
    body = b"\xef\xbb\xbf" + json.dumps([invoice()]).encode()
    assert len(decode_page(INVOICE, body, zone="Europe/Oslo").frame) == 1


def test_text_that_is_not_utf8_costs_one_document() -> None:
    good = json.dumps(invoice(1)).encode()
    bad = json.dumps(invoice(2, description="X")).encode().replace(b'"X"', b'"\xff"')
    found = decode_page(INVOICE, b"[" + good + b"," + bad + b"]", zone="Europe/Oslo")
    assert found.frame["key"].to_list() == ["Invoice:INV1"]
    assert [reject.raw for reject in found.rejects] == [bad]


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_survives(name: str, description: str) -> None:
    body = json.dumps([invoice(supplier={"name": name}, description=description)]).encode()
    found = decode_page(INVOICE, body, zone="Europe/Oslo")
    assert found.frame["supplier_name"].to_list() == [name or None]
    assert found.frame["description"].to_list() == [description or None]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["number", "lineNumber", "cost", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(st.sampled_from([member.name for member in INVOICE.shape]), JSON, max_size=6)
)
def test_nothing_in_one_document_costs_another(members: dict[str, Any]) -> None:
    found = page(invoice(1), {**members, "referenceNumber": "Z"}, invoice(3))
    keys = found.frame["key"].to_list()
    assert keys[0] == "Invoice:INV1"
    assert keys[-1] == "Invoice:INV3"
    assert len(keys) + len(found.rejects) == 3
