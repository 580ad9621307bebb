"""python -m benchmarks [case ...]: run, print one table, keep it as JSON."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.report import keep, markdown


def main(names: list[str]) -> int:
    """Run the named cases, or all."""
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"unknown case {unknown[0]!r}; choose from {', '.join(CASES)}", file=sys.stderr)
        return 2
    rows = []
    for name in names or CASES:
        for row in CASES[name]():
            rows.append(row)
            print(markdown([row]).splitlines()[-1], flush=True)
    path = keep(rows, Path(__file__).parent / "results")
    print(f"\n{markdown(rows)}\nkept in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
