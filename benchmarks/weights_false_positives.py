"""How often each rule sees a spike in pure noise: the edge of separable noise, random signs, and both (the default).

Run: python -m benchmarks.weights_false_positives [--repetitions 200] [--json FILE]. Beside ours stand the white null
with its variance from the entries, and from the median eigenvalue (Marchenko–Pastur edge, Tracy–Widom quantile).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectralaw.ensembles import MarchenkoPastur, SeparableNoise
from spectralaw.weights.bulk import count_spikes
from spectralaw.weights.flips import count_against_flips
from spectralaw.weights.reading import read_matrix
from spectralaw.weights.spectrum import Entries, Spectrum

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]

LEVEL = 0.05
SHAPES = ((32, 32), (64, 256), (200, 200))


def _lognormal(sigma: float) -> Draw:
    def draw(rng: np.random.Generator, p: int, n: int) -> Array:
        rows, columns = rng.standard_normal((p, 1)), rng.standard_normal((1, n))
        return np.exp(sigma * (rows + columns)) * rng.standard_normal((p, n))

    return draw


def _strong_rows(rng: np.random.Generator, p: int, n: int) -> Array:
    return np.where(np.arange(p) < max(1, round(0.02 * p)), 3.0, 1.0)[:, None] * rng.standard_normal((p, n))


def _block(factor: float) -> Draw:
    def draw(rng: np.random.Generator, p: int, n: int) -> Array:
        """Not a profile of rows and columns: the null of the edge does not hold."""
        scale = np.ones((p, n))
        scale[: p // 3, : n // 3] = factor
        return scale * rng.standard_normal((p, n))

    return draw


ENTRIES: dict[str, Draw] = {
    "Gauss": lambda rng, p, n: rng.standard_normal((p, n)),
    "uniform": lambda rng, p, n: rng.uniform(-1.0, 1.0, (p, n)),
    "Laplace": lambda rng, p, n: rng.laplace(size=(p, n)),
    "Student t5": lambda rng, p, n: rng.standard_t(5, (p, n)),
    "Student t3": lambda rng, p, n: rng.standard_t(3, (p, n)),
    "5 % non-zero": lambda rng, p, n: rng.standard_normal((p, n)) * (rng.random((p, n)) < 0.05),
    "row × column lognormal 0.5": _lognormal(0.5),
    "row × column lognormal 1": _lognormal(1.0),
    "2 % of rows × 3": _strong_rows,
    "block of a ninth × 1.3": _block(1.3),
    "block of a ninth × 2": _block(2.0),
}


def white_threshold(p: int, n: int, variance: float) -> float:
    """Quantile of the largest eigenvalue of white noise."""
    return SeparableNoise(np.ones(p), np.ones(n)).edge().quantile(1.0 - LEVEL) * variance


def rules(matrix: Array, seed: int) -> dict[str, bool]:
    """Whether each rule sees a spike."""
    p, n = matrix.shape
    spectrum, entries = Spectrum(matrix), Entries(matrix)
    top = float(spectrum.values[0])
    median = float(np.median(spectrum.values)) / (n * MarchenkoPastur(p / n).median)
    return {
        "white, median scale": top > white_threshold(p, n, median),
        "white, raw variance": top > white_threshold(p, n, entries.total / (p * n)),
        "edge": count_spikes(spectrum, entries, LEVEL).spikes > 0,
        "random signs": count_against_flips(spectrum, LEVEL, 1, np.random.default_rng([seed, 1])) > 0,
        "default": bool(read_matrix("w", matrix, level=LEVEL, intervals=False, seed=seed).spikes),
    }


def table(repetitions: int, shapes: tuple[tuple[int, int], ...] = SHAPES) -> dict[str, dict[str, dict[str, float]]]:
    """Rates by entries, shape and rule."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for kind, draw in ENTRIES.items():
        for p, n in shapes:
            seen = [rules(draw(np.random.default_rng([seed, p, n]), p, n), seed) for seed in range(repetitions)]
            rates = {rule: sum(one[rule] for one in seen) / repetitions for rule in seen[0]}
            found.setdefault(kind, {})[f"{p}x{n}"] = rates
    return found


def markdown(rates: dict[str, dict[str, dict[str, float]]], repetitions: int) -> str:
    """The largest rate over the shapes, for each rule."""
    names = list(next(iter(next(iter(rates.values())).values())))
    error = math.sqrt(LEVEL * (1.0 - LEVEL) / repetitions)
    lines = [
        f"False positives per matrix at level {LEVEL:g}, the largest over {', '.join(next(iter(rates.values())))}; "
        f"{repetitions} matrices each, standard error {error:.3f} at the level.",
        "",
        "| entries | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for kind, shapes in rates.items():
        worst = [max(shape[name] for shape in shapes.values()) for name in names]
        lines.append(f"| {kind} | " + " | ".join(f"{value:.3f}" for value in worst) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    begin = time.perf_counter()
    rates = table(chosen.repetitions)
    print(markdown(rates, chosen.repetitions))
    print(f"{time.perf_counter() - begin:.0f} s")
    if chosen.json:
        chosen.json.write_text(json.dumps({"repetitions": chosen.repetitions, "rates": rates}, indent=1) + "\n")


if __name__ == "__main__":
    main()
