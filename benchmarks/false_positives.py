"""python -m benchmarks.false_positives [repetitions]: how often pure noise is said to hold a spike, by us and others.

One line a kind of entries: the share of matrices of 64 × 256 in which ``diagnose`` counts a spike at level 0.05, with
the variance profile alone and with random signs where entries have heavy tails (the default); a plain
Marchenko–Pastur edge whose scale is the median eigenvalue's; and WeightWatcher's ``num_spikes`` (fewer repetitions: it
is slower).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import spectralaw as sl
from benchmarks.weights import weightwatcher

SHAPE = (64, 256)
TRACY_WIDOM_95 = 0.97940
MEDIAN_QUARTER = 0.9160040707  # median of the Marchenko–Pastur law of aspect 1/4
Draw = Callable[[np.random.Generator], np.ndarray]


def _profile(sigma: float) -> Draw:
    def draw(rng: np.random.Generator) -> np.ndarray:
        rows, columns = (np.exp(sigma * rng.standard_normal(shape)) for shape in ((SHAPE[0], 1), (1, SHAPE[1])))
        return rows * columns * rng.standard_normal(SHAPE)

    return draw


def _rows(rng: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(SHAPE[0]) < round(0.02 * SHAPE[0]), 3.0, 1.0)[:, None] * rng.standard_normal(SHAPE)


def _block(rng: np.random.Generator) -> np.ndarray:
    scale = np.ones(SHAPE)
    scale[: SHAPE[0] // 2, : SHAPE[1] // 2] = 3.0
    return scale * rng.standard_normal(SHAPE)


KINDS: dict[str, Draw] = {
    "Gauss": lambda rng: rng.standard_normal(SHAPE),
    "uniform": lambda rng: rng.uniform(-1.0, 1.0, SHAPE),
    "Laplace": lambda rng: rng.laplace(size=SHAPE),
    "Student t₅": lambda rng: rng.standard_t(5, SHAPE),
    "Student t₃": lambda rng: rng.standard_t(3, SHAPE),
    "5 % non-zero": lambda rng: rng.standard_normal(SHAPE) * (rng.random(SHAPE) < 0.05),
    "rows × columns lognormal, σ = 0.5": _profile(0.5),
    "rows × columns lognormal, σ = 1": _profile(1.0),
    "2 % of rows × 3": _rows,
    "a block × 3 (not separable)": _block,
}


def median_edge_exceeded(w: np.ndarray) -> bool:
    """The rule of plain Marchenko–Pastur: scale from the median, Tracy–Widom quantile above its edge."""
    p, n = w.shape
    eigenvalues = np.linalg.eigvalsh(w @ w.T)
    scale = np.median(eigenvalues) / (n * MEDIAN_QUARTER)
    root = np.sqrt(n - 1.0) + np.sqrt(p)
    return eigenvalues[-1] > scale * (
        root**2 + TRACY_WIDOM_95 * root * (1 / np.sqrt(n - 1.0) + 1 / np.sqrt(p)) ** (1 / 3)
    )


def rate(hits: list[bool]) -> str:
    """A share and its standard error."""
    share = float(np.mean(hits))
    return f"{share:.3f} ± {np.sqrt(max(share * (1 - share), 1 / len(hits)) / len(hits)):.3f}"


def power(repetitions: int) -> dict[float, float]:
    """How often one signal in white noise of 100 × 200 is found, by its strength over the threshold (p n)^(1/4)."""
    p, n = 100, 200
    found = {}
    for factor in (1.1, 1.25, 1.5, 2.0):
        hits = []
        for seed in range(repetitions):
            rng = np.random.default_rng(seed)
            left, right = rng.standard_normal(p), rng.standard_normal(n)
            signal = np.outer(left / np.linalg.norm(left), right / np.linalg.norm(right))
            w = rng.standard_normal((p, n)) + factor * (p * n) ** 0.25 * signal
            hits.append(bool(sl.diagnose(w, intervals=False)[0].spikes))
        found[factor] = float(np.mean(hits))
        print(f"signal of {factor} × the threshold: found in {rate(hits)}", flush=True)
    return found


def main(repetitions: int) -> None:
    lines = [
        f"| entries, {SHAPE[0]} × {SHAPE[1]}, R = {repetitions} | variance profile alone | default | "
        "median Marchenko–Pastur | WeightWatcher 0.7.7: spikes in 10 matrices |",
        "|---|---|---|---|---|",
    ]
    kept = {}
    for kind, draw in KINDS.items():
        edge, default, plain = [], [], []
        for seed in range(repetitions):
            w = draw(np.random.default_rng(seed))
            edge.append(bool(sl.diagnose(w, null="edge", intervals=False)[0].spikes))
            default.append(bool(sl.diagnose(w, intervals=False)[0].spikes))
            plain.append(bool(median_edge_exceeded(w)))
        with tempfile.TemporaryDirectory() as folder:
            some = {f"w{seed}": draw(np.random.default_rng(seed)) for seed in range(10)}
            theirs = weightwatcher(some, Path(folder))
        spikes = None if theirs is None else theirs["spikes"]
        kept[kind] = {"edge": edge, "default": default, "median": plain, "weightwatcher": spikes}
        told = "not installed" if spikes is None else ", ".join(map(str, spikes))
        lines.append(f"| {kind} | {rate(edge)} | {rate(default)} | {rate(plain)} | {told} |")
        print(lines[-1], flush=True)
    print("\n" + "\n".join(lines))
    shares = {
        kind: {name: float(np.mean(hits)) if name != "weightwatcher" else hits for name, hits in one.items()}
        for kind, one in kept.items()
    }
    now = datetime.now(UTC)
    folder = Path(__file__).parent / "results"
    content = {"date": now.isoformat(timespec="seconds"), "repetitions": repetitions, "shape": SHAPE, "rates": shares}
    content["power"] = power(repetitions)
    path = folder / f"{now:%Y-%m-%dT%H%M%S}-false-positives.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
