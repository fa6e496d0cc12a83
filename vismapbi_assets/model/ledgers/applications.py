"""From application lines to events on the two documents that each of them touches.

An application lowers the adjusted document towards zero and moves the paying one by the opposite;
a discount or a write-off lowers the adjusted one alone; a voiding payment brings back what it
voids, with the signs that it is delivered with. Which lines there are belongs in `payables` and
`receivables`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.ledgers.entries import WIDE
from vismapbi_assets.model.table import MONEY

APPLICATIONS: dict[str, pl.DataType] = {
    "AdjustedKey": pl.String(),
    "PayingKey": pl.String(),
    "ViaKey": pl.String(),
    "EntryDate": pl.Date(),
    "FinancialPeriodKey": pl.String(),
    "Amount": MONEY,
    "Discount": MONEY,
    "WriteOff": MONEY,
    "CurrencyId": pl.String(),
    "CrossRate": pl.Decimal(28, 10),
}
"""One application line each.

`ViaKey` is the document that carries the line; `PayingKey` the one whose open amount it changes:
the voided payment where a voiding one carries it. `CurrencyId` is the currency of the amounts,
null for the currency of the adjusted document.
"""


def application_events(applications: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The events of all applications: adjusted side, paying side, discounts and write-offs."""
    sides = documents.select(
        "DocumentKey", "SignFactor", "CurrencyId", "GrossBase", "GrossCurrency", "IsRequest"
    )
    lines = (
        applications.with_row_index("Line")
        .join(
            sides.select(
                AdjustedKey="DocumentKey",
                Sign="SignFactor",
                AdjustedCurrency="CurrencyId",
                AdjustedBase="GrossBase",
                AdjustedGross="GrossCurrency",
                IsRequest="IsRequest",
            ),
            on="AdjustedKey",
            how="left",
            maintain_order="left",
        )
        .join(
            sides.select(
                PayingKey="DocumentKey",
                PayingSign="SignFactor",
                PayingCurrency="CurrencyId",
                PayingBase="GrossBase",
                PayingGross="GrossCurrency",
            ),
            on="PayingKey",
            how="left",
            maintain_order="left",
        )
        .with_columns(Given=pl.coalesce("CurrencyId", "AdjustedCurrency", "PayingCurrency"))
        .with_columns(
            pl.when(_same("Given", "AdjustedCurrency"))
            .then(pl.col(name))
            .otherwise(
                _converted(name, "PayingGross", "PayingBase", "AdjustedBase", "AdjustedGross")
            )
            .alias(f"Adjusted{name}")
            for name in ("Amount", "Discount", "WriteOff")
        )
        .with_columns(
            PayingAmount=pl.when(_same("Given", "PayingCurrency"))
            .then("Amount")
            .otherwise(
                _converted("Amount", "AdjustedGross", "AdjustedBase", "PayingBase", "PayingGross")
            )
        )
    )
    # A payment raises the prepayment request that it pays; everything else goes towards zero. What
    # one document gives the other takes: a payment that also takes up a credit note pays out less.
    towards_zero = (
        pl.when(pl.col("IsRequest") & (pl.col("PayingSign") < 0))
        .then(pl.col("Sign"))
        .otherwise(-pl.col("Sign"))
    )
    return pl.concat(
        [
            _events(lines, "AdjustedKey", "Application", towards_zero, "AdjustedAmount", "ViaKey"),
            _events(
                lines,
                "PayingKey",
                "Application",
                pl.coalesce(-towards_zero, -pl.col("PayingSign")),
                "PayingAmount",
                "AdjustedKey",
            ),
            _events(
                lines, "AdjustedKey", "Discount", -pl.col("Sign"), "AdjustedDiscount", "ViaKey"
            ),
            _events(
                lines, "AdjustedKey", "WriteOff", -pl.col("Sign"), "AdjustedWriteOff", "ViaKey"
            ),
        ]
    )


def named(key: str) -> pl.Expr:
    """Type and reference of a document key, for drill-down: `Payment PAY5002`."""
    parts = pl.col(key).str.splitn(":", 3)
    return pl.concat_str(
        parts.struct.field("field_1"), parts.struct.field("field_2"), separator=" "
    )


def _events(
    lines: pl.DataFrame, document: str, kind: str, sign: pl.Expr, amount: str, other: str
) -> pl.DataFrame:
    return (
        lines.with_columns(Signed=(sign * pl.col(amount)).cast(MONEY))
        .filter(pl.col("Signed") != 0)
        .select(
            DocumentKey=document,
            EntryType=pl.lit(kind),
            EntryDate="EntryDate",
            FinancialPeriodKey="FinancialPeriodKey",
            AmountCurrency="Signed",
            AppliedToKey=other,
            AppliedTo=named(other),
            Via="ViaKey",
        )
    )


def _same(one: str, other: str) -> pl.Expr:
    return pl.col(one).eq_missing(pl.col(other)) | pl.col(other).is_null()


def _converted(amount: str, *rates: str) -> pl.Expr:
    """An amount in the other document's currency.

    Both documents know their own rate to the base currency; the cross rate of the line is used
    when it is the same rate more exactly (the API does not say which way round it goes).
    """
    from_currency, from_base, to_base, to_currency = (pl.col(name).cast(WIDE) for name in rates)
    rate = _ratio(from_base, from_currency) / _nonzero(_ratio(to_base, to_currency))
    cross = pl.col("CrossRate").cast(WIDE)
    inverse = pl.lit(1).cast(WIDE) / _nonzero(cross)
    within = rate * pl.lit(5).cast(WIDE) / pl.lit(100).cast(WIDE)
    best = (
        pl.when((cross - rate).abs() <= within)
        .then(cross)
        .when((inverse - rate).abs() <= within)
        .then(inverse)
        .otherwise(pl.coalesce(rate, cross))
    )
    return (pl.col(amount).cast(WIDE) * best).round(2, mode="half_away_from_zero").cast(MONEY)


def _ratio(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return one / _nonzero(other)


def _nonzero(value: pl.Expr) -> pl.Expr:
    return pl.when(value != 0).then(value)
