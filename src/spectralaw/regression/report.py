"""A table in; a trained network, its expected error, what it learned, and what more rows would bring out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spectralaw._checks import choice
from spectralaw.errors import InvalidInput
from spectralaw.regression.estimators import DiagonalRegressor, QuadraticRegressor
from spectralaw.regression.forecast import NETWORKS, Forecast, forecast
from spectralaw.regression.table import as_rows, as_targets
from spectralaw.tables import MISSING, is_number, read_cells
from spectralaw.training.sensing import Array

_LOUDEST = 5  # columns that are named of each feature


@dataclass(frozen=True)
class TableReport:
    """What the rows of a table taught a network."""

    source: str
    target: str
    columns: tuple[str, ...]
    ignored: dict[str, str]
    """Columns that were left out, with the reason."""
    dropped_rows: int
    """Rows left out because a value is missing."""
    estimator: Any = field(repr=False)
    forecast: Forecast
    classes: tuple[str, str] | None = None

    def features(self) -> list[dict[str, Any]]:
        """Learned features with the columns that carry them, by their share of the feature's variance."""
        rows = []
        for feature in self.estimator.reading_.features:
            share = (feature.direction * self.estimator.spread_) ** 2
            share = share / max(float(share.sum()), 1e-300)
            loudest = np.argsort(-share)[:_LOUDEST]
            named = {self.columns[k]: float(share[k]) for k in loudest if share[k] >= 0.05}
            rows.append({"weight": feature.weight, "overlap": feature.overlap, "columns": named})
        return rows

    def __str__(self) -> str:
        one, risk = self.estimator, self.estimator.risk_estimate_
        lines = [f"{self.source}: {one.n_rows_:,} rows, {len(self.columns)} columns, target {self.target}"]
        if self.classes:
            lines.append(f"  two classes fitted as −1 ({self.classes[0]}) and +1 ({self.classes[1]})")
        if self.ignored:
            lines.append("  left out: " + ", ".join(f"{name} ({why})" for name, why in self.ignored.items()))
        if self.dropped_rows:
            lines.append(f"  {self.dropped_rows} rows with a missing value were left out")
        lines.append(f"trained {self.forecast.network} network, λ = {one.weight_decay_:.3g}")
        lines.append(
            f"  expected squared error on new rows {risk}; predicting the mean {self.forecast.target_variance:.4g}"
        )
        reading = one.reading_
        lines.append(f"  {reading.keep} learned features, {reading.bulk} weights of noise, {reading.zeros} zero")
        for row in self.features()[:10]:
            names = ", ".join(f"{name} {share:.0%}" for name, share in row["columns"].items())
            lines.append(f"    weight {row['weight']:+.3g}, overlap with the truth {row['overlap']:.2f}: {names}")
        return "\n".join([*lines, "forecast: " + str(self.forecast)])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists."""
        one = self.estimator
        return {
            "source": self.source,
            "target": self.target,
            "columns": list(self.columns),
            "ignored": self.ignored,
            "rows": one.n_rows_,
            "dropped_rows": self.dropped_rows,
            **({"classes": list(self.classes)} if self.classes else {}),
            "network": self.forecast.network,
            "weight_decay": one.weight_decay_,
            "training_loss": one.training_loss_,
            "risk_estimate": one.risk_estimate_.to_dict(),
            "features": self.features(),
            "bulk": one.reading_.bulk,
            "zeros": one.reading_.zeros,
            "forecast": self.forecast.to_dict(),
        }


def of_table(
    path: Path,
    target: str,
    samples: Sequence[float] | None = None,
    network: str = "diagonal",
    *,
    check: bool = False,
    seed: int = 0,
) -> TableReport:
    """Read a CSV file with a header, train, estimate, read, forecast.

    Columns that are no numbers are left out, and named; so are rows with a missing value, and counted.
    """
    choice("network", network, NETWORKS, joined=" or ")
    columns, rows, targets, ignored, dropped = read_table(path, target)
    estimator = (DiagonalRegressor if network == "diagonal" else QuadraticRegressor)(random_state=seed)
    values, classes = as_targets(targets, len(rows))
    estimator.fit(as_rows("the table", rows), values)
    made = forecast(rows, values, samples, network, check=check, seed=seed)
    named = None if classes is None else (str(classes[0]), str(classes[1]))
    return TableReport(str(path), target, tuple(columns), ignored, dropped, estimator, made, named)


def read_table(path: Path, target: str) -> tuple[list[str], Array, Any, dict[str, str], int]:
    """Columns, rows, targets, what was left out, and how many rows with missing values."""
    header, body = read_cells(path)
    if target not in header:
        raise InvalidInput(f"target must be one of the columns {', '.join(header[:12])}, not {target!r}")
    cells = np.array([[cell.strip() for cell in row] for row in body], dtype=object)
    missing = np.array([[cell.lower() in MISSING for cell in row] for row in cells])
    ignored, kept = {}, []
    for k, name in enumerate(header):
        if name == target:
            continue
        if missing[:, k].all():
            ignored[name] = "empty"
        elif _numbers(cells[~missing[:, k], k]) is None:
            ignored[name] = "no numbers"
        else:
            kept.append(k)
    if not kept:
        raise InvalidInput(f"table {path} has no column of numbers besides the target {target!r}")
    place = header.index(target)
    complete = ~missing[:, [*kept, place]].any(axis=1)
    if not complete.any():
        raise InvalidInput(f"table {path} has no row without a missing value")
    rows = np.stack([_numbers(cells[complete, k]) for k in kept], axis=1)  # type: ignore[arg-type]
    numbers = _numbers(cells[complete, place])
    targets = np.array([str(c) for c in cells[complete, place]]) if numbers is None else numbers
    return [header[k] for k in kept], rows, targets, ignored, int(np.sum(~complete))


def _numbers(cells: Any) -> Array | None:
    return np.array([float(cell) for cell in cells]) if all(map(is_number, cells)) else None
