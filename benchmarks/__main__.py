"""Runs the benchmarks, each in a process of its own: python -m benchmarks [--quick | --all].

`--all` adds those that take long or need PyPI: the comparison with dlt, and the load over hours.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
RUNS = {
    "end_to_end.py": ["--lines", "300000"],
    "idle.py": [],
    "latency.py": [],
    "decode.py": [],
    "encode.py": [],
    "model.py": [],
    "publish.py": ["300000"],
    "store.py": ["--lines", "500000"],
}
LONG = {"dlt_comparison.py": ["--lines", "20000"], "long_load.py": []}
QUICK = {"end_to_end.py": ["--lines", "50000"], "idle.py": []}


def main() -> int:
    runs = QUICK if "--quick" in sys.argv else RUNS
    if "--all" in sys.argv:
        runs = RUNS | LONG
    failed = []
    for name, arguments in runs.items():
        print(f"== {name} {' '.join(arguments)}", flush=True)
        done = subprocess.run([sys.executable, str(FOLDER / name), *arguments], check=False)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed or past their bar: {', '.join(failed)}")
    return 1 if failed else 0


sys.exit(main())
