"""Encoding speed: rows per second of `encode_rows` for a table as wide as JournalLine.

Run: python benchmarks/encode.py [rows]
"""

from __future__ import annotations

import sys
import time

import polars as pl

from vismapbi_assets.powerbi.encode import chunks, encode_rows


def journal_lines(rows: int, start: int = 0) -> pl.DataFrame:
    """35 columns with the types and lengths of JournalLine."""
    n = pl.int_range(start, start + rows, eager=False)
    columns: dict[str, pl.Expr] = {"LineKey": pl.format("no:GL:{}:{}", n // 4, n % 4)}
    columns |= {f"Dimension{i:02d}Key": pl.format("no:{}", n % (97 + i)) for i in range(9)}
    columns |= {"Text": pl.format("Bokføring av faktura {} – leverandør", n)}
    columns |= {f"Code{i}": pl.format("C{}", n % (3 + i)) for i in range(4)}
    columns |= {
        f"Amount{i}Base": (n * 7 % 99_991 - 50_000).cast(pl.Decimal(19, 4)) for i in range(8)
    }
    columns |= {
        f"Day{i}": (pl.lit(20_454) + n % 300).cast(pl.Int32).cast(pl.Date) for i in range(4)
    }
    columns |= {f"Number{i}": n % 1_000 for i in range(4)}
    columns |= {f"Is{i}": n % (2 + i) == 0 for i in range(3)}
    columns |= {"Rate": (n % 977) / 97}
    return pl.select(**columns)


def main(rows: int) -> None:
    frame = journal_lines(rows)
    pieces = list(chunks(frame))
    wall, cpu = time.perf_counter(), time.process_time()
    size = sum(len(encode_rows(piece)) for piece in pieces)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{rows:,} rows x {frame.width} columns, {len(pieces)} chunks, {size / 1e6:,.0f} MB: "
        f"{rows / wall:,.0f} rows/s, {cpu / rows * 1e6:.1f} CPU s per million rows"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
