"""The dimensions: members for nothing and for the missing, labels, segments, fallbacks."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from vismapbi_assets.model.checks.references import no_orphan_keys
from vismapbi_assets.model.inputs import CompanyInfo
from vismapbi_tests.model.computing import by_key, published, rows
from vismapbi_tests.model.states import customer_invoice, inputs, supplier_invoice

TWO = (CompanyInfo("no", "Nordvik AS", "NOK"), CompanyInfo("se", "Solberg AB", "NOK"))


def test_same_number_in_two_companies_is_two_members() -> None:
    found = by_key(
        "Supplier",
        inputs(
            companies=TWO,
            supplier=[
                {"company": company, "number": "V100", "name": f"Steel {company}"}
                for company in ("no", "se")
            ],
        ),
    )
    assert found["no:V100"]["Company"] == "Nordvik AS"
    assert found["se:V100"]["Company"] == "Solberg AB"
    assert found["se:V100"]["SupplierLabel"] == "V100 Steel se"


def test_keys_that_only_facts_know_get_a_member_that_says_so() -> None:
    given = inputs(
        supplier=[{"number": "V1", "name": "Known"}],
        supplierInvoice=[{"supplier_number": "V2", "branchNumber_number": "9"}],
        supplierPayment=[{"supplier_number": "V3", "cashAccount": "1920", "currency_id": "USD"}],
        purchaseOrder=[{"supplier_number": "V2"}],
        purchaseReceipt=[{"supplier_number": "V4"}],
        customerCreditNote=[{"customer_number": "C1", "project_id": "P1"}],
        generalLedgerBalance=[
            {
                "account_number": "3000",
                "subAccountCd": "00",
                "ledger_id": "ACTUAL",
                "branch_number": "1",
                "financialPeriod": "202713",
            }
        ],
        timeCard=[{"employee_number": "E1", "summary": [{"project_id": "P2"}]}],
    )
    suppliers = by_key("Supplier", given)
    assert set(suppliers) == {"-", "no:V1", "no:V2", "no:V3", "no:V4"}
    assert suppliers["no:V2"]["SupplierName"] == "V2 (missing)"
    assert suppliers["no:V2"]["Company"] == "Nordvik AS"
    assert suppliers["no:V1"]["SupplierName"] == "Known"
    assert set(by_key("Customer", given)) == {"-", "no:C1"}
    assert set(by_key("Branch", given)) == {"-", "no:1", "no:9"}
    journal = pl.DataFrame({"ProjectKey": ["no:X", "no:X", "-"]}).lazy()
    lines = {"JournalLine": journal} | dict.fromkeys(
        ("SupplierInvoiceLine", "PurchaseOrderLine"), journal.limit(0)
    )
    projects = by_key("Project", replace(given, tables=lines))
    assert set(projects) == {"-", "no:P1", "no:P2", "no:X"}
    assert projects["no:X"]["ProjectName"] == "X (missing)"
    assert set(by_key("Employee", given)) == {"-", "no:E1"}
    assert set(by_key("CashAccount", given)) == {"-", "no:1920"}
    assert set(by_key("Currency", given)) == {"-", "NOK", "USD"}
    assert set(by_key("Ledger", given)) == {"-", "no:ACTUAL"}
    assert set(by_key("Subaccount", given)) == {"-", "no:00"}
    missing_account = by_key("Account", given)["no:3000"]
    assert missing_account["AccountName"] == "3000 (missing)"
    assert missing_account["ReportGroup"] == "Revenue"
    missing_period = by_key("FinancialPeriod", given)["202713"]
    assert missing_period["IsAdjustmentPeriod"]
    assert missing_period["FinancialYear"] == 2027


def test_credit_days_are_what_nine_of_ten_documents_agree_on() -> None:
    def invoices(terms: str, days: list[int]) -> list[dict[str, Any]]:
        return [
            {
                "creditTerms_id": terms,
                "date": date(2026, 1, 1),
                "dueDate": date(2026, 1, 1 + n),
                "supplier_number": "A",
            }
            for n in days
        ]

    found = by_key(
        "Supplier",
        inputs(
            supplier=[
                {"number": "A", "creditTerms_id": "14D"},
                {"number": "B", "creditTerms_id": "MIX"},
                {"number": "C", "creditTerms_id": "NEW"},
            ],
            supplierInvoice=[*invoices("14D", [14] * 9 + [10]), *invoices("MIX", [10, 14])],
        ),
    )
    assert [found[f"no:{number}"]["CreditDays"] for number in "ABC"] == [14, None, None]


def test_segments_are_pivoted_and_named() -> None:
    def subaccount(number: str, *segments: tuple[str, str | None]) -> dict[str, Any]:
        return {
            "subaccountNumber": number,
            "active": True,
            "segments": [
                {"segmentId": place, "segmentValue": value, "segmentValueDescription": name}
                for place, (value, name) in enumerate(segments, start=1)
            ],
        }

    found = by_key(
        "Subaccount",
        inputs(
            subaccount=[
                subaccount("10-A", ("10", "Sales"), ("A", None)),
                subaccount("20-A", ("20", "sales"), ("A", None)),
                subaccount("30-B", ("30", None), ("B", None)),
            ],
            dimension=[
                {
                    "id": "SUBACCOUNT",
                    "segments": [
                        {
                            "segmentId": 2,
                            "segmentValues": [{"valueId": "A", "description": "North"}],
                        }
                    ],
                }
            ],
        ),
    )
    assert found["no:10-A"]["Segment1"] == "10"
    assert found["no:10-A"]["Segment1Name"] == "Sales (10)"
    assert found["no:20-A"]["Segment1Name"] == "sales (20)"
    assert found["no:30-B"]["Segment1Name"] == "30"
    assert found["no:20-A"]["Segment2Name"] == "North"
    assert found["no:20-A"]["Segment3"] is None


def test_default_branch_is_set_main_or_lowest() -> None:
    branches = [
        {"company": company, "number": number, "isMainBranch": main}
        for company, number, main in (
            ("no", "10", True),
            ("no", "2", True),
            ("no", "1", False),
            ("se", "B", False),
            ("se", "A", False),
        )
    ]
    card = {"employee_number": "E", "week_number": "202644", "summary": [{"mon": 60}]}

    def default(*companies: CompanyInfo, branch: list[dict[str, Any]] = branches) -> list[str]:
        given = inputs(
            companies=companies,
            branch=branch,
            timeCard=[{"company": c.key, "refNbr": "T", **card} for c in companies],
        )
        found = rows("TimecardLine", given)["BranchKey"].to_list()
        assert set(found) <= set(by_key("Branch", given))
        return found

    assert default(*TWO) == ["no:2", "se:A"]
    assert default(CompanyInfo("no", "N", "NOK", default_branch="7")) == ["no:7"]
    assert default(TWO[0], branch=[]) == ["no:-"]


def test_period_is_closed_when_every_company_has_closed_it() -> None:
    def period(company: str, *, gl: bool, ap: bool) -> dict[str, Any]:
        return {
            "company": company,
            "year": 2026,
            "period": "01",
            "startDate": date(2026, 1, 1),
            "endDate": date(2026, 1, 31),
            "description": "January",
            "active": company == "no",
            "closedInGeneralLedger": gl,
            "closedInSupplierLedger": ap,
        }

    given = inputs(
        companies=TWO,
        financialPeriod=[period("no", gl=True, ap=True), period("se", gl=True, ap=False)],
    )
    found = by_key("FinancialPeriod", given)["202601"]
    assert found["ClosedInGeneralLedger"]
    assert not found["ClosedInSupplierLedger"]
    assert not found["ClosedInInventory"]
    assert found["IsActive"]


def test_descriptions_that_years_share_can_still_be_sorted() -> None:
    given = inputs(
        financialPeriod=[
            {
                "year": year,
                "period": "01",
                "description": "January",
                "startDate": date(year, 1, 1),
                "endDate": date(year, 1, 31),
            }
            for year in (2025, 2026)
        ]
    )
    found = rows("FinancialPeriod", given).sort("FinancialPeriodKey")
    assert found["Description"].to_list() == ["(none)", "January (202501)", "January (202601)"]
    indexes = found.group_by("Description").agg(pl.col("FinancialPeriodIndex").n_unique())
    assert indexes["FinancialPeriodIndex"].max() == 1


def test_currencies_are_shared_and_know_their_decimals() -> None:
    found = by_key(
        "Currency",
        inputs(
            companies=TWO,
            currency=[
                {"company": "se", "id": "NOK", "description": "Kroner"},
                {"company": "no", "id": "NOK", "description": "Norske kroner"},
                {"company": "no", "id": "ISK", "description": "Króna"},
            ],
        ),
    )
    assert found["NOK"]["CurrencyName"] == "Norske kroner"
    assert found["NOK"]["IsBaseCurrency"]
    assert (found["ISK"]["Decimals"], found["NOK"]["Decimals"]) == (0, 2)
    assert not found["ISK"]["IsBaseCurrency"]


def test_cash_account_without_ledger_account_is_its_own_number() -> None:
    found = by_key(
        "CashAccount",
        inputs(cashAccount=[{"number": "1920"}, {"number": "BANK2", "account_number": "1930"}]),
    )
    assert found["no:1920"]["AccountKey"] == "no:1920"
    assert found["no:BANK2"]["AccountKey"] == "no:1930"


def test_employee_takes_department_from_projects_and_name_from_cards() -> None:
    found = by_key(
        "Employee",
        inputs(
            project=[
                {
                    "key": "P1",
                    "projectID": "P1",
                    "projectManager_employeeNumber": "E1",
                    "projectManager_department": "Build",
                    "employees": [{"employeeNumber": "E2", "employeeName": "Bo", "status": "OK"}],
                }
            ],
            timeCard=[{"key": "T1", "employee_number": "E1", "employee_name": "Ann"}],
        ),
    )
    assert found["no:E1"]["EmployeeName"] == "Ann"
    assert found["no:E1"]["Department"] == "Build"
    assert found["no:E2"]["Status"] == "OK"


def test_every_key_that_a_line_names_is_a_member_of_its_dimension() -> None:
    """9.3: an account or branch that nobody lists any more would show as the blank row."""
    account, subaccount = {"account_number": "9"}, {"subaccount_subaccountNumber": "S"}
    given = published(
        inputs(
            supplierInvoice=[
                supplier_invoice(
                    "I1",
                    "2026-09-01",
                    1,
                    1,
                    invoiceLines=[{"lineNumber": 1, "branchNumber_number": "2", **account}],
                )
            ],
            customerInvoice=[
                customer_invoice(
                    "I1",
                    "2026-09-01",
                    1,
                    1,
                    invoiceLines=[{"lineNumber": 1, "branchNumber_number": "3", **subaccount}],
                )
            ],
            journalTransaction=[
                {
                    "module": "ModuleGL",
                    "batchNumber": "1",
                    "status": "Posted",
                    "transactionDate": date(2024, 9, 1),
                    "financialPeriod": "202409",
                    "ledger": "Ø",
                    "branch": "4",
                    "journalTransactionLines": [{"lineNumber": 1, "accountNumber": "1999"}],
                }
            ],
            purchaseOrder=[
                {
                    "orderType": "RegularOrder",
                    "orderNbr": "1",
                    "date": date(2026, 9, 1),
                    "lines": [
                        {"lineNbr": 1, "branch_number": "5", "sub_subaccountNumber": "T"} | account
                    ],
                }
            ],
            purchaseReceipt=[
                {
                    "receiptType": "PoReceipt",
                    "receiptNbr": "1",
                    "status": "Released",
                    "date": date(2026, 9, 1),
                    "lines": [{"lineNbr": 1, "branchNumber_number": "6"}],
                }
            ],
            cashTransaction=[
                {
                    "tranType": "Adjustment",
                    "referenceNbr": "1",
                    "status": "Hold",
                    "tranDate": date(2026, 9, 1),
                    "financialsDetail_branch_number": "7",
                }
            ],
            budget=[
                {
                    "ledger": "BUDGET",
                    "financialYear": "2028",
                    "branchNumber_number": "1",
                    "account_number": "9",
                    "periods": [{"periodId": "01", "amount": 1}],
                }
            ],
        )
    )
    outcome = no_orphan_keys(given)
    assert outcome.passed, outcome.samples
    members = given.table("Account").collect()
    missing = members.filter(pl.col("AccountKey") == "no:1999")
    assert missing["AccountName"].to_list() == ["1999 (missing)"]
    assert missing["Statement"].to_list() == ["BalanceSheet"]
