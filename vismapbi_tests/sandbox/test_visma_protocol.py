"""Points 1 to 6, 11 and 12 of the protocol: tokens, routes, lists, pages, filters, shapes."""

import re

import pytest

from .visma_http import COMPANIES, Service, service, shared

__all__ = ["service", "shared"]

UNPAGED = (
    "account",
    "branch",
    "organization",
    "ledger",
    "financialPeriod",
    "currency",
    "cashaccount",
)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000000"}, "invalid_tenant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_01_token_refusals(shared: Service, changes: dict[str, str], error: str) -> None:
    answer = shared.ask_token(**changes)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_01_token_expires_and_customer_tenant_opens_nothing(service: Service) -> None:
    granted = service.ask_token().json()
    assert granted["expires_in"] == 3600
    assert granted["token_type"] == "Bearer"
    service.post("settings", token_seconds=100)
    service.login()
    assert service.get("/v1/branch").status_code == 200
    service.post("clock", gateway_advance=101)
    expired = service.get("/v1/branch")
    assert (expired.status_code, expired.content) == (401, b"")
    service.token = service.ask_token(tenant_id=COMPANIES["nordvik"]["customer_tenant_id"]).json()[
        "access_token"
    ]
    assert service.get("/v1/branch").status_code == 401


def test_02_bearer_scope_routes_and_companies(service: Service) -> None:
    token = service.token
    service.token = "nonsense"
    assert service.get("/v1/branch").status_code == 401
    assert service.get("/v1/unknown").status_code == 404
    service.token = service.ask_token(scope="vismanet_erp_service_api:create").json()[
        "access_token"
    ]
    assert service.get("/v1/branch").status_code == 403
    service.token = token
    assert service.get("/V1/BRANCH").json() == service.get("/v1/branch").json()
    assert service.get("/v2/purchasereceipt", pageSize=1).status_code == 200
    names = {row["name"] for row in service.rows("/v1/organization")}
    service.login("solberg")
    assert names == {"Nordvik Sjømat AS"}
    assert service.rows("/v1/organization")[0]["name"] == "Solberg Møbler AS"


def test_02_licence_permission_and_company_header(service: Service) -> None:
    service.post("settings", forbidden={"nordvik": ["timeCard"]})
    assert service.get("/v1/timeCard").status_code == 403
    assert service.get("/v1/branch").status_code == 200
    wrong = service.get("/v1/branch", headers={"ipp-company-id": "9999999"})
    assert wrong.json()["ExceptionFaultCode"] == "12002"
    service.post("settings", unlicensed=["nordvik"])
    refused = service.get("/v1/branch")
    assert refused.json()["ExceptionFaultCode"] == "12027"


def test_03_paged_lists_carry_metadata_and_end_empty(shared: Service) -> None:
    pages = shared.pages("/v1/supplierInvoice", 100)
    rows = [row for page in pages for row in page]
    assert {tuple(row["metadata"].items()) for row in rows} == {
        (("totalCount", len(rows)), ("maxPageSize", 1000))
    }
    keys = [(row["documentType"], row["referenceNumber"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert [len(page) for page in pages[:-1]] == [100] * (len(pages) - 1)
    assert shared.rows("/v1/supplierInvoice", pageNumber=999, pageSize=100) == []


def test_03_caps_are_silent_and_defaults_switchable(service: Service) -> None:
    service.post("settings", caps={"supplier": 7})
    page = service.rows("/v1/supplier", pageSize=5000)
    assert len(page) == 7
    assert page[0]["metadata"]["maxPageSize"] == 7
    assert len(service.rows("/v1/supplier")) == 7
    service.post("settings", default_page_size=3)
    assert len(service.rows("/v1/supplier")) == 3
    assert service.rows("/v1/inventory")[0]["metadata"]["maxPageSize"] == 5000
    assert service.rows("/v2/PurchaseReceipt")[0]["metadata"]["maxPageSize"] == 500


def test_04_journals_are_paged_by_line(shared: Service) -> None:
    whole = shared.rows("/v2/journaltransaction", lastModifiedDateTime="2026-09-30", pageSize=5000)
    pages = shared.pages("/v2/journaltransaction", 7, periodId="202610")
    total = pages[0][0]["metadata"]["totalCount"]
    lines: list[tuple[str, str, int]] = []
    headers: list[tuple[str, str]] = []
    for page in pages:
        count = sum(len(batch["journalTransactionLines"]) for batch in page)
        assert count == 7 or page is pages[-1]
        for batch in page:
            headers.append((batch["module"], batch["batchNumber"]))
            lines += [
                (*headers[-1], line["lineNumber"]) for line in batch["journalTransactionLines"]
            ]
    assert len(lines) == len(set(lines)) == total
    assert len(set(headers)) < len(headers), "some batch is split over pages"
    expected = [
        line
        for batch in whole
        if batch["financialPeriod"] == "202610"
        for line in batch["journalTransactionLines"]
    ]
    assert len(expected) == total


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v2/journaltransaction", {}),
        ("/v2/generalLedgerBalance", {"pageSize": 5}),
        ("/v1/GeneralLedgerTransactions", {"fromPeriod": "202610"}),
        ("/v1/budget", {"branch": "1", "ledger": "2"}),
        ("/v1/budget", {"branch": "1", "financialYear": "2026"}),
    ],
)
def test_04_mandatory_parameters(shared: Service, path: str, query: dict[str, str]) -> None:
    answer = shared.get(path, **query)
    assert answer.status_code == 400
    assert "mandatory" in answer.json()["message"]


def test_05_unpaged_resources_ignore_paging(shared: Service) -> None:
    for name in UNPAGED:
        rows = shared.rows(f"/v1/{name}")
        assert shared.rows(f"/v1/{name}", pageNumber=2, pageSize=1) == rows
        assert rows
        assert "metadata" not in rows[0]
    assert "metadata" in shared.rows("/v1/timeCard", pageSize=1)[0]
    short = shared.rows("/v1/cashTransaction", pageSize=2)
    assert len(short) == 2
    assert "metadata" not in short[0]


def test_06_unknown_and_lone_parameters_are_ignored(service: Service) -> None:
    rows = service.rows("/v1/customerinvoice", pageSize=1000)
    number = rows[-1]["customer"]["number"]
    assert service.rows("/v1/customerinvoice", customerNumber=number, skip=5) == rows
    only = service.rows("/v1/customerinvoice", customer=number)
    assert {row["customer"]["number"] for row in only} == {number}
    late = {"lastModifiedDateTime": "2026-11-01"}
    assert len(service.rows("/v1/customerinvoice", **late)) == len(rows)
    assert len(service.rows("/v1/customerinvoice", lastModifiedDateTimeCondition=">")) == len(rows)
    chosen = service.rows("/v1/customerinvoice", **late, lastModifiedDateTimeCondition=">=")
    assert 0 < len(chosen) < len(rows)
    assert all(row["lastModifiedDateTime"] >= "2026-11-01" for row in chosen)
    service.post("settings", lone_date="reject")
    assert service.get("/v1/customerinvoice", **late).status_code == 400


@pytest.mark.parametrize("value", ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00+01:00"])
def test_06_zoned_dates(service: Service, value: str) -> None:
    query = {"lastModifiedDateTime": value, "lastModifiedDateTimeCondition": ">="}
    assert service.get("/v1/supplier", **query).status_code == 400
    service.post("settings", zoned_date="ignore")
    assert len(service.rows("/v1/supplier", **query)) == len(service.rows("/v1/supplier"))


@pytest.mark.parametrize("value", ["2026-11-01", "2026-11-01 08:00:00", "2026-11-01T08:00:00.123"])
def test_06_accepted_dates(shared: Service, value: str) -> None:
    for condition in (">", "<", ">=", "<="):
        query = {"lastModifiedDateTime": value, "lastModifiedDateTimeCondition": condition}
        assert shared.get("/v1/supplier", **query).status_code == 200
    query = {"lastModifiedDateTime": "yesterday", "lastModifiedDateTimeCondition": ">"}
    assert shared.get("/v1/supplier", **query).status_code == 400


def test_11_nulls_absent_members_and_additions(service: Service) -> None:
    rows = service.rows("/v1/supplierInvoice")
    assert any(row["closedFinancialPeriod"] is None for row in rows)
    assert any("poNumber" not in line for row in rows for line in row["invoiceLines"])
    assert rows[0]["invoiceLines"][0]["deferralCode"] == ""
    service.post("settings", extra_members=True)
    assert service.rows("/v1/supplier")[0]["addedLater"] == {"value": 1}


def test_12_expand_parameters_gate_members(shared: Service) -> None:
    plain = shared.rows("/v1/customerinvoice", pageSize=50)
    assert all("applications" not in row and "taxDetails" not in row for row in plain)
    full = shared.rows(
        "/v1/customerinvoice", pageSize=50, expandApplications="true", expandTaxDetails="true"
    )
    assert any(row["applications"] for row in full)
    assert all(row["taxDetails"] for row in full)
    assert {line["docType"] for row in full for line in row["applications"]} >= {"PMT"}
    assert "mainAddress" not in shared.rows("/v1/branch")[0]
    assert shared.rows("/v1/branch", expandAddress="true")[0]["mainAddress"]["city"] == "Bergen"
    header = shared.rows("/v1/customerdocument", pageSize=1)[0]
    assert "creditTerms" not in header
    assert header["paymentMethod"] == {}


def test_one_document_by_key_and_base64(shared: Service) -> None:
    row = shared.rows("/v1/supplierInvoice", pageSize=1)[0]
    answer = shared.get(f"/v1/supplierInvoice/{row['documentType']}/{row['referenceNumber']}")
    assert answer.json()["referenceNumber"] == row["referenceNumber"]
    assert answer.headers["ETag"].strip('"') == row["timeStamp"]
    assert shared.get("/v1/account/b64(MTkyMA)").json()["accountCD"] == "1920"
    assert shared.get("/v1/account/4711").status_code == 404


def test_dimension_is_a_list_of_names_and_an_object(shared: Service) -> None:
    assert "SUBACCOUNT" in shared.get("/v1/dimension").json()
    found = shared.get("/v1/dimension/SUBACCOUNT", expandSegmentsValues="true").json()
    assert [segment["segmentId"] for segment in found["segments"]] == [1, 2]
    values = {value["valueId"] for value in found["segments"][0]["segmentValues"]}
    subs = shared.rows("/v1/subaccount")
    assert {sub["segments"][0]["segmentValue"] for sub in subs} <= values


def test_stamps_and_dates_have_no_zone(shared: Service) -> None:
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?")
    for row in shared.rows("/v1/supplierInvoice"):
        assert stamp.fullmatch(row["lastModifiedDateTime"]), row["lastModifiedDateTime"]
        assert row["date"].endswith("T00:00:00")
