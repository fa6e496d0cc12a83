"""`vismapbi trace`: follow a row from API page to batch."""

from __future__ import annotations

from dataclasses import asdict

import click

from vismapbi_assets.cli.output import print_json, print_rows
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.trace import trace_row
from vismapbi_assets.settings import load_settings


@click.command()
@click.argument("table")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def trace(table: str, key: str, as_json: bool) -> None:
    """Show the life of a row: API call, page, state versions, row versions and batches.

    TABLE is a Power BI table, KEY the row's key or its document's, for example: vismapbi trace
    SupplierInvoice nordvik:Invoice:100001
    """
    found = trace_row(open_store(load_settings()), table, key)
    if as_json:
        print_json(asdict(found))
        return
    print_rows(
        ("Entity", "Document", "Commit", "Modified", "Read at", "Run", "Page", "Call"),
        [
            (
                d["entity"],
                f"{d['company']}:{d['key']}" + (" (deleted)" if d["deleted_at"] else ""),
                d["sequence"],
                d["modified_at"],
                d["extracted_at"],
                str(d["run_id"])[:8],
                d["page"],
                d["call"].get("url") or d["call"].get("path") or d["call"].get("call"),
            )
            for d in found.documents
        ],
        title="Visma.net",
    )
    print_rows(
        ("Row", "Batch", "Loaded at", "State"),
        [
            (
                v["row_key"],
                v["push_batch_id"],
                v["loaded_at"],
                "vanished" if v.get("deleted_at") else "published",
            )
            for v in found.versions
        ],
        title=f"Power BI {table}",
    )
    print_rows(
        ("Batch", "Kind", "Rows", "Status", "Attempts", "Run"),
        [
            (
                b["push_batch_id"],
                b.get("kind"),
                b.get("rows"),
                b.get("status"),
                b.get("attempts"),
                str(b.get("run_id", ""))[:8],
            )
            for b in found.batches
        ],
        title="Batches",
    )
