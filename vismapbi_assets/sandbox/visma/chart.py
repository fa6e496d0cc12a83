"""The chart of the sample companies as data: accounts after NS 4102, dimensions, ledgers, banks.

Belongs here: declarations that both companies share. Does not belong here: amounts, documents,
anything that differs between the companies (see `profiles`).
"""

from __future__ import annotations

from typing import NamedTuple


class Account(NamedTuple):
    """One account of the chart."""

    number: str
    type: str
    group: str
    text: str
    cash_currency: str | None = None
    control: str | None = None


ACCOUNTS: dict[str, Account] = {
    account.number: account
    for account in (
        Account("1200", "Asset", "ANLEGG", "Maskiner og anlegg"),
        Account("1209", "Asset", "ANLEGG", "Akkumulerte avskrivninger"),
        Account("1460", "Asset", "VARELAGER", "Innkjøpte varer for videresalg", None, "IN"),
        Account("1480", "Asset", "FORDRINGER", "Forskuddsbetaling til leverandører"),
        Account("1500", "Asset", "FORDRINGER", "Kundefordringer", None, "AR"),
        Account("1700", "Asset", "FORDRINGER", "Forskuddsbetalte kostnader"),
        Account("1900", "Asset", "BANK", "Kontanter", "NOK"),
        Account("1920", "Asset", "BANK", "Bankinnskudd NOK", "NOK"),
        Account("1930", "Asset", "BANK", "Bankinnskudd EUR", "EUR"),
        Account("1940", "Asset", "BANK", "Bankinnskudd SEK", "SEK"),
        Account("1950", "Asset", "BANK", "Skattetrekkskonto", "NOK"),
        Account("2000", "Liability", "EGENKAPITAL", "Aksjekapital"),
        Account("2050", "Liability", "EGENKAPITAL", "Annen egenkapital"),
        Account("2098", "Liability", "EGENKAPITAL", "Årets resultat hittil (system)"),
        Account("2400", "Liability", "LEVGJELD", "Leverandørgjeld", None, "AP"),
        Account("2600", "Liability", "OFFENTLIG", "Forskuddstrekk"),
        Account("2700", "Liability", "OFFENTLIG", "Utgående merverdiavgift"),
        Account("2710", "Liability", "OFFENTLIG", "Inngående merverdiavgift"),
        Account("2740", "Liability", "OFFENTLIG", "Oppgjørskonto merverdiavgift"),
        Account("2770", "Liability", "OFFENTLIG", "Skyldig arbeidsgiveravgift"),
        Account("2900", "Liability", "KORTGJELD", "Forskudd fra kunder"),
        Account("2940", "Liability", "KORTGJELD", "Skyldige feriepenger"),
        Account("2960", "Liability", "KORTGJELD", "Påløpte kostnader"),
        Account("2965", "Liability", "KORTGJELD", "Mottatte, ikke fakturerte varer"),
        Account("3000", "Income", "SALG", "Salgsinntekt, avgiftspliktig"),
        Account("3050", "Income", "SALG", "Kontantsalg, avgiftspliktig"),
        Account("3090", "Income", "SALG", "Kontantrabatter til kunder"),
        Account("3100", "Income", "SALG", "Salgsinntekt, avgiftsfri eksport"),
        Account("3900", "Income", "SALG", "Andre driftsinntekter og gebyrer"),
        Account("4300", "Expense", "VAREKOST", "Varekostnad"),
        Account("4370", "Expense", "VAREKOST", "Kontantrabatter fra leverandører"),
        Account("5000", "Expense", "LØNN", "Lønn til ansatte"),
        Account("5180", "Expense", "LØNN", "Feriepenger"),
        Account("5400", "Expense", "LØNN", "Arbeidsgiveravgift"),
        Account("6000", "Expense", "AVSKRIVN", "Avskrivning på maskiner"),
        Account("6300", "Expense", "DRIFT", "Leie lokaler"),
        Account("6340", "Expense", "DRIFT", "Lys og varme"),
        Account("6540", "Expense", "DRIFT", "Inventar og utstyr"),
        Account("6700", "Expense", "DRIFT", "Revisjons- og regnskapshonorar"),
        Account("6800", "Expense", "DRIFT", "Kontorrekvisita"),
        Account("6900", "Expense", "DRIFT", "Telefon og datakommunikasjon"),
        Account("7000", "Expense", "DRIFT", "Drivstoff og transportkostnad"),
        Account("7140", "Expense", "DRIFT", "Reisekostnad"),
        Account("7320", "Expense", "DRIFT", "Reklame og annonser"),
        Account("7745", "Expense", "DRIFT", "Øreavrunding"),
        Account("7770", "Expense", "DRIFT", "Bank- og kortgebyrer"),
        Account("7830", "Expense", "DRIFT", "Konstaterte tap på fordringer"),
        Account("8050", "Income", "FINANS", "Renteinntekter"),
        Account("8060", "Income", "FINANS", "Valutagevinst"),
        Account("8150", "Expense", "FINANS", "Rentekostnader"),
        Account("8160", "Expense", "FINANS", "Valutatap"),
        Account("9000", "Asset", "STATISTIKK", "Antall årsverk"),
        Account("9999", "Asset", "STATISTIKK", "Motkonto statistikk"),
    )
}

PAYABLES, RECEIVABLES = "2400", "1500"
SUPPLIER_PREPAYMENTS, CUSTOMER_PREPAYMENTS = "1480", "2900"
RETAINED_EARNINGS, YEAR_RESULT = "2050", "2098"
STOCK, UNBILLED_RECEIPTS, COST_OF_GOODS = "1460", "2965", "4300"
INPUT_VAT, OUTPUT_VAT, VAT_SETTLEMENT = "2710", "2700", "2740"
ROUNDING, BANK_FEES = "7745", "7770"
SALES, EXPORT_SALES, CASH_SALES, OTHER_INCOME = "3000", "3100", "3050", "3900"
CUSTOMER_DISCOUNTS, SUPPLIER_DISCOUNTS, BAD_DEBT = "3090", "4370", "7830"
CURRENCY_GAIN, CURRENCY_LOSS = "8060", "8160"
OVERHEADS = ("6300", "6340", "6540", "6700", "6800", "6900", "7000", "7140", "7320")
BANKS = {"NOK": "1920", "EUR": "1930", "SEK": "1940"}
CASH_ACCOUNTS = tuple(a.number for a in ACCOUNTS.values() if a.cash_currency)

ACTUAL, BUDGET, STATISTICAL = "1", "2", "3"
LEDGERS = {
    ACTUAL: ("Hovedbok", "Actual"),
    BUDGET: ("Budsjett", "Budget"),
    STATISTICAL: ("Statistikk", "Statistical"),
}

CURRENCIES = {
    "NOK": ("Norske kroner", "kr"),
    "EUR": ("Euro", "€"),
    "SEK": ("Svenska kronor", "kr"),
}

DEPARTMENTS = {"00": "Felles", "10": "Salg", "20": "Produksjon", "30": "Administrasjon"}
REGIONS = {"0": "Ingen", "1": "Vestlandet", "2": "Nord-Norge", "3": "Østlandet"}
NO_SUB = "00-0"
SUBACCOUNTS = {
    f"{department}-{region}": (number, department, region)
    for number, (department, region) in enumerate(
        ((d, r) for d in DEPARTMENTS for r in REGIONS if d == "00" or r != "0"), start=1
    )
}

VAT_RATES = {"3": (25, "Utgående mva, høy sats"), "1": (25, "Inngående mva, høy sats")}
VAT_CODES = {**VAT_RATES, "5": (0, "Ingen mva, utland"), "0": (0, "Ingen mva")}
VAT_ZONES = {"NO": ("01", "Innenlands"), "SE": ("02", "EU"), "DE": ("02", "EU"), "DK": ("02", "EU")}
COUNTRIES = {"NO": "Norge", "SE": "Sverige", "DE": "Tyskland", "DK": "Danmark"}


def is_result(account: str) -> bool:
    """Whether an account starts every year at nothing."""
    return ACCOUNTS[account].type in ("Income", "Expense")
