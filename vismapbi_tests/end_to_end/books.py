"""Control totals in SQL over the raw payloads of the API: no line of it is the pipeline's.

What is owed today comes from the documents' own balances; everything of any day from the posted
batches. The rows that Power BI received are summed here, too, by plain sums as a measure would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import duckdb

from vismapbi_tests.end_to_end.harness import Installation

LISTS = ("journalTransaction", "supplierInvoice", "customerDocument", "supplierDocument", "account")
RECEIVED = ("ApLedger", "ArLedger", "JournalLine", "Account", "Ledger")
POSTED = """
CREATE VIEW posted AS
SELECT doc->>'financialPeriod' AS period,
       CAST(left(doc->>'transactionDate', 10) AS DATE) AS day,
       line->>'accountNumber' AS account,
       CAST(line->>'debitAmount' AS DECIMAL(19,4)) - CAST(line->>'creditAmount' AS DECIMAL(19,4))
           AS amount
FROM (SELECT doc, unnest(CAST(doc->'journalTransactionLines' AS JSON[])) AS line
      FROM erp_journalTransaction)
WHERE doc->>'status' IN ('Posted', 'Completed') AND doc->>'ledger' = '1'
"""
CHART = """
CREATE VIEW chart AS
SELECT DISTINCT doc->>'accountCD' AS account, doc->>'type' AS type,
       CAST(doc->>'cashAccount' AS BOOLEAN) AS is_cash
FROM erp_account
"""
ENTRIES = """
CREATE VIEW entries AS
SELECT j.*, split_part(j.AccountKey, ':', 2) AS account, a.IsCashAccount, a.AccountType
FROM JournalLine j JOIN Account a USING (AccountKey) JOIN Ledger l USING (LedgerKey)
WHERE l.BalanceType = 'Actual'
"""


@contextmanager
def both_sides(made: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    """Raw payloads of the ERP and received rows of Power BI in one database."""
    with duckdb.connect(config={"threads": 1}) as db:
        for entity in LISTS:
            db.execute(f"CREATE TABLE erp_{entity} (company TEXT, doc JSON)")
            for company in made.companies:
                text = made.sandbox.visma.snapshot(company, entity).decode()
                db.execute(
                    f"INSERT INTO erp_{entity} SELECT ?, unnest(CAST(CAST(? AS JSON) AS JSON[]))",
                    [company, text],
                )
        db.execute(POSTED)
        db.execute(CHART)
        for table in RECEIVED:
            frame = made.received(table)
            path = made.folder / f"{table}.csv"
            frame.write_csv(path)
            db.execute(
                f"CREATE TABLE {table} AS SELECT * FROM read_csv(?, header=true, all_varchar=true)",
                [str(path)],
            )
        db.execute(ENTRIES)
        yield db


def erp_figures(db: duckdb.DuckDBPyConnection, at: date) -> dict[str, Decimal]:
    """The figures of a day from the raw batches of the general ledger."""
    return _figures(
        db,
        """
        SELECT
          -sum(amount) FILTER (account = '2400') AS payables,
          sum(amount) FILTER (account = '1500') AS receivables,
          sum(amount) FILTER (is_cash) AS cash,
          -sum(amount) FILTER (type = 'Income' AND account LIKE '3%' AND left(period, 4) = $year)
            AS revenue,
          -sum(amount) FILTER (type IN ('Income', 'Expense') AND left(period, 4) = $year) AS result,
          sum(amount) AS balance
        FROM posted JOIN chart USING (account) WHERE day <= $at
        """,
        at,
    )


def powerbi_figures(db: duckdb.DuckDBPyConnection, at: date) -> dict[str, Decimal]:
    """The same from all rows that Power BI holds; the sub-ledgers from their own tables."""
    found = _figures(
        db,
        """
        SELECT
          sum(m) FILTER (IsCashAccount = 'true') AS cash,
          -sum(m) FILTER (EntryKind = 'Journal' AND AccountType = 'Income' AND account LIKE '3%'
            AND left(split_part(FinancialPeriodKey, ':', -1), 4) = $year) AS revenue,
          -sum(m) FILTER (EntryKind = 'Journal' AND AccountType IN ('Income', 'Expense')
            AND left(split_part(FinancialPeriodKey, ':', -1), 4) = $year) AS result,
          sum(m) AS balance
        FROM (SELECT *, CAST(AmountBase AS DECIMAL(19,4)) AS m FROM entries)
        WHERE CAST(left(TransactionDate, 10) AS DATE) <= $at
        """,
        at,
    )
    for name, table in (("payables", "ApLedger"), ("receivables", "ArLedger")):
        found |= _figures(
            db,
            f"""
            SELECT sum(CAST(AmountBase AS DECIMAL(19,4))) AS {name} FROM {table}
            WHERE IsPrepayment = 'false' AND CAST(left(EntryDate, 10) AS DATE) <= $at
              AND $year = $year
            """,
            at,
        )
    return found


def trial_balances(
    db: duckdb.DuckDBPyConnection, at: date
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Balance by account at a day: from the raw batches, and from Power BI's rows."""
    erp = db.execute(
        "SELECT account, sum(amount) FROM posted WHERE day <= ? GROUP BY 1 HAVING sum(amount) <> 0",
        [at],
    ).fetchall()
    powerbi = db.execute(
        """
        SELECT account, sum(CAST(AmountBase AS DECIMAL(19,4))) FROM entries
        WHERE CAST(left(TransactionDate, 10) AS DATE) <= ? AND EntryKind = 'Journal'
        GROUP BY 1 HAVING sum(CAST(AmountBase AS DECIMAL(19,4))) <> 0
        """,
        [at],
    ).fetchall()
    return dict(erp), dict(powerbi)


def owed_today(db: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """Payables and receivables from the balances that the released documents tell."""
    found = {}
    for name, entity, debit, credit in (
        ("payables", "supplierDocument", ("Invoice", "CreditAdj", "Refund"),
         ("DebitAdj", "Check", "VoidCheck")),
        ("receivables", "customerDocument", ("Invoice", "DebitNote", "FinCharge", "SmallCreditWo",
         "Refund"), ("CreditNote", "Payment", "SmallBalanceWo", "VoidPayment")),
    ):  # fmt: skip
        found[name] = db.execute(
            f"""
            SELECT coalesce(sum(CAST(doc->>'balance' AS DECIMAL(19,4)) *
              CASE WHEN list_contains(?, doc->>'documentType') THEN 1
                   WHEN list_contains(?, doc->>'documentType') THEN -1 ELSE 0 END), 0)
            FROM erp_{entity} WHERE doc->>'status' IN ('Open', 'Closed')
            """,
            [list(debit), list(credit)],
        ).fetchone()[0]
    return found


def _figures(db: duckdb.DuckDBPyConnection, sql: str, at: date) -> dict[str, Decimal]:
    answer = db.execute(sql, {"at": at, "year": str(at.year)})
    names = [column[0] for column in answer.description]
    return {n: v or Decimal(0) for n, v in zip(names, answer.fetchone(), strict=True)}


def sandbox_figures(made: Installation, at: date) -> dict[str, Decimal]:
    """The sandbox's own control totals of all companies."""
    names = {
        "payables": "payables",
        "receivables": "receivables",
        "cash": "cash_total",
        "revenue": "revenue_year_to_date",
        "result": "result_year_to_date",
    }
    totals = [made.sandbox.visma.totals(company, at) for company in made.companies]
    return {n: sum((Decimal(str(t[f])) for t in totals), Decimal(0)) for n, f in names.items()}


def figures_agree(made: Installation, days: list[date]) -> None:
    """Raw payloads in SQL, the ERP's own totals and Power BI's rows tell the same, to the øre."""
    with both_sides(made) as db:
        for at in days:
            told, erp, found = (
                sandbox_figures(made, at), erp_figures(db, at), powerbi_figures(db, at)
            )  # fmt: skip
            assert found == {**found, **told}, (
                at,
                "Power BI against the ERP's totals",
                found,
                told,
            )
            for name in ("cash", "revenue", "result"):
                assert erp[name] == told[name], (at, name, "SQL against the ERP's totals")
            assert erp["balance"] == found["balance"] == 0, (at, "trial balance")
            raw, received = trial_balances(db, at)
            assert raw == received, (at, "trial balance", _unequal(raw, received))
        today = sandbox_figures(made, date.max)
        assert owed_today(db) == {n: today[n] for n in ("payables", "receivables")}


def _unequal(
    one: dict[str, Decimal], other: dict[str, Decimal]
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    accounts = sorted(one.keys() | other.keys())
    return {a: (one.get(a), other.get(a)) for a in accounts if one.get(a) != other.get(a)}
