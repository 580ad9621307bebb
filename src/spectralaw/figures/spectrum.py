"""The predicted spectrum of a task over the histogram of trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import ours
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.figures.look import COLOURS, INK, SETTINGS, checked, new_figure, tex, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
_DECADES = 3.5  # of the axis, down from the largest weight
_BINS_A_DECADE = 14


@dataclass(frozen=True)
class Histogram:
    """Weights of trained networks that are not zero; with ``zero_mass`` its area is one."""

    edges: Array
    density: Array
    zero_mass: float
    count: int
    """Number of networks."""


@dataclass(frozen=True)
class Predicted:
    """What is drawn of a prediction. The line's area, the outliers (each 1/d) and ``zero_mass`` add up to one."""

    x: Array
    density: Array
    """Quadratic network: of the bulk alone. Diagonal network: of all weights, whose outliers are no points."""
    outliers: Array
    """Places of single weights, which are not in the line (the largest 1000)."""
    outlier_count: float
    """How many there are, listed or not; zero where the line holds them."""
    zero_mass: float
    dimension: int


def histogram(trained: Sequence[Any], bins_a_decade: int = _BINS_A_DECADE) -> Histogram:
    """Sizes |weight| of all networks, in fractions of all d weights a unit of the axis.

    The first bin begins at zero, without what is exactly zero; the others are even in the logarithm.
    """
    alive, total = [], 0
    for one in trained:
        sizes = np.sort(np.abs(np.asarray(one.spectrum, dtype=float)))
        total += len(sizes)
        alive.append(sizes[round(one.zero_mass * len(sizes)) :])
    values = np.concatenate(alive)
    zero = 1.0 - len(values) / total
    if len(values) == 0:
        return Histogram(np.array([0.0, 1.0]), np.zeros(1), zero, len(trained))
    top = 1.02 * values.max()
    low = max(float(np.quantile(values, 0.1)), top * 10.0**-_DECADES)  # below, a logarithmic bin holds next to nothing
    bins = max(int(np.ceil(bins_a_decade * np.log10(top / low))), 1)
    edges = np.concatenate([[0.0], np.geomspace(low, top, bins + 1)])
    counts, _ = np.histogram(values, edges)
    return Histogram(edges, counts / (total * np.diff(edges)), zero, len(trained))


def predicted(prediction: Any) -> Predicted:
    """Line and points of a prediction, over sizes |weight|."""
    spectrum, task = prediction.spectrum, prediction.task
    outliers = np.array([o.location for o in spectrum.outliers])
    if task.network == "diagonal":
        top = max(float(np.max(spectrum.grid, initial=0.0)), 4.0 * float(np.max(outliers, initial=0.0)))
        x = np.geomspace(1e-6 * top, top, 3000) if top > 0.0 else np.zeros(0)  # a teacher that is found has no bulk
        line, points, count = spectrum.density(x) + spectrum.density(-x), np.zeros(0), 0.0
    else:
        x, line, points, count = spectrum.grid, spectrum.values, outliers, spectrum.outlier_count
    return Predicted(x, line, points, count, prediction.zero_mass, task.dimension)


def plot_spectrum(prediction: Any = None, trained: Any = None, output: str | Path | None = None) -> Figure:
    """Draw the predicted spectrum of a task over the histogram of trained networks.

    All masses are fractions of the d weights, counted once: the bulk is a line, learned features (outliers) of the
    quadratic network are ticks and not in the line, and weights that are exactly zero are a number in the corner. The
    line of the diagonal network is the density of all its weights that are not zero, as its features are spread.

    Parameters
    ----------
    prediction : Prediction, optional
    trained : Trained or sequence of Trained, optional
        Networks of the same task; several are counted together. One of both arguments must be given.
    output : path, optional
        File to write, .png, .pdf or .svg.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidInput
        Where networks are of another task, there is nothing to draw, or ``output`` ends in something else.
    ConvergenceFailure
        For a prediction that is not a result.
    """
    networks = [] if trained is None else list(trained) if isinstance(trained, (list, tuple)) else [trained]
    if prediction is None and not networks:
        raise InvalidInput("plot_spectrum needs a prediction, or trained networks, not neither")
    if prediction is not None:
        ours("prediction", prediction, "Prediction")
    for one in networks:
        ours("trained", one, "Trained")
    path = None if output is None else checked(output)
    task = prediction.task if prediction is not None else networks[0].task
    for one in networks:
        if one.task != task:
            raise InvalidInput(f"trained must be networks of the task {task!r}, not of {one.task!r}")
    if prediction is not None and not prediction.status.is_result:
        raise ConvergenceFailure(f"there is no spectrum to draw: {prediction.message}")
    figure = _draw(
        task, predicted(prediction) if prediction is not None else None, histogram(networks) if networks else None
    )
    if path is not None:
        write(figure, path)
    return figure


def _draw(task: Any, theory: Predicted | None, found: Histogram | None) -> Figure:
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.6, 3.4)
        axis = figure.subplots()
        frame = _Frame()
        if found is not None and np.any(found.density > 0.0):
            label = "trained" if found.count == 1 else f"trained, {found.count} networks"
            edges = np.concatenate([[1e-3 * found.edges[1]], found.edges[1:]])  # a logarithmic axis has no zero
            axis.stairs(found.density, edges, fill=True, color=COLOURS[4], alpha=0.6, label=label)
            filled = found.density[found.density > 0.0]
            frame.take(0.5 * found.edges[1], found.edges[-1], filled.min(), filled.max())
        if theory is not None:
            _add_theory(axis, theory, task.network == "quadratic", frame)
        if frame.right > 0.0:
            axis.set(xscale="log", yscale="log", xlim=(frame.left, 1.15 * frame.right))
            axis.set_ylim(0.3 * frame.low, 6.0 * frame.high)
            axis.legend(loc="lower left", bbox_to_anchor=(0.0, 0.06))
        else:
            axis.set(xticks=[], yticks=[])
            axis.text(0.5, 0.5, "all weights are zero", transform=axis.transAxes, ha="center", color=INK)
        zeros = [
            f"{name} {part.zero_mass:.4g}"
            for name, part in (("theory", theory), ("trained", found))
            if part is not None
        ]
        axis.text(
            0.98, 0.97, "at zero: " + ", ".join(zeros), transform=axis.transAxes, ha="right", va="top", fontsize=8
        )
        axis.set_xlabel(r"eigenvalue of $\hat S$" if task.network == "quadratic" else r"$|\hat\theta_i|$")
        axis.set_ylabel("fraction of weights / unit")
        axis.set_title(
            rf"{task.network}, $d = {tex(task.dimension)}$, $n = {tex(task.samples)}$, "
            rf"$\lambda = {tex(task.weight_decay)}$, $\Delta = {tex(task.noise_variance)}$",
            fontsize=8.5,
        )
        figure.draw_without_rendering()
    return figure


@dataclass
class _Frame:
    """What must be seen."""

    left: float = np.inf
    right: float = 0.0
    low: float = np.inf
    high: float = 0.0

    def take(self, left: float, right: float, low: float, high: float) -> None:
        self.left, self.right = min(self.left, left), max(self.right, right)
        self.low, self.high = min(self.low, low), max(self.high, high)


def _add_theory(axis, theory: Predicted, quadratic: bool, frame: _Frame) -> None:
    one = 1.0 / theory.dimension
    seen = (theory.x > 0.0) & (theory.density > (0.0 if quadratic else 1e-2 * one / np.maximum(theory.x, 1e-300)))
    if np.any(seen):
        x, density = theory.x[seen], theory.density[seen]
        axis.plot(x, density, color=COLOURS[1], label="bulk, theory" if quadratic else "theory")
        end = float(x.max())
        inner = density[x > 0.05 * end] if quadratic else density
        frame.take(0.05 * end if quadratic else 1e-3 * end, end, min(one / end, inner.min()), inner.max())
    if theory.outliers.size:
        first, last = float(theory.outliers.min()), float(theory.outliers.max())
        frame.take(0.5 * first, last, one / last, 10.0 * one / last)
        shown = theory.outliers.size
        more = f", the largest {shown} of {theory.outlier_count:.6g}" if theory.outlier_count > shown else ""
        axis.plot(
            theory.outliers, np.full(theory.outliers.shape, 0.03), "|", transform=axis.get_xaxis_transform(),
            color=COLOURS[0], markersize=9, label=f"outliers, theory{more}", clip_on=False,
        )  # fmt: skip
