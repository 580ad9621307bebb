"""A learning curve of a grid of predictions, or of a sweep: theory as lines, trained networks as points."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput
from spectralaw.figures.look import COLOURS, INK, SETTINGS, checked, new_figure, tex, write

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

NAMES = {
    "samples": "samples  $n$",
    "weight_decay": r"weight decay  $\lambda$",
    "noise_variance": r"noise variance  $\Delta$",
    "dimension": "dimension  $d$",
    "width": "width  $p$",
    "gamma": r"exponent  $\gamma$ of the teacher",
    "excess_risk": r"excess risk  $R$",
    "training_loss": "training loss",
    "zero_mass": "fraction of weights at zero",
}
_SYMBOLS = {"samples": "n", "weight_decay": r"\lambda", "noise_variance": r"\Delta", "dimension": "d", "width": "p",
            "gamma": r"\gamma"}  # fmt: skip
_MARKERS = "osD^v<>P"
MOST_LINES = 12


def plot_curve(
    data: xarray.Dataset, x: str | None = None, y: str = "excess_risk", output: str | Path | None = None
) -> Figure:
    """Draw one quantity of a grid against one of its axes, a line for each value of the others.

    Parameters
    ----------
    data : xarray.Dataset
        From :func:`spectralaw.predict_grid`, :func:`spectralaw.phase_diagram` or ``Sweep.to_xarray``. A dimension
        ``source`` tells theory (lines) and training methods (points) apart; over ``seed`` the mean is drawn with its
        standard error, of as many seeds as have a result.
    x : str, optional
        Dimension along the axis; by default samples if it has more than one value, or else the longest.
    y : str
        Variable that is drawn.
    output : path, optional
        File to write, .png, .pdf or .svg.

    Returns
    -------
    matplotlib.figure.Figure
        How many values have no result, and are not drawn, stands under the axis.

    Raises
    ------
    InvalidInput
        For an unknown axis or variable, or more than 12 lines.
    """
    if not hasattr(data, "data_vars") or isinstance(data, type):
        raise InvalidInput(f"data must be an xarray.Dataset, not {shown(data)}")
    path = None if output is None else checked(output)
    along = _axis(data, x)
    if y not in data.data_vars or data[y].dtype.kind not in "fiu" or along not in data[y].dims:
        known = [str(n) for n in data.data_vars if data[n].dtype.kind in "fiu" and along in data[n].dims]
        raise InvalidInput(f"y must be one of {', '.join(known)}, not {y!r}")
    values = data[y]
    others = [str(dim) for dim in values.dims if dim not in (along, "seed", "source")]
    lines = list(itertools.product(*(range(values.sizes[dim]) for dim in others)))
    if len(lines) > MOST_LINES:
        sizes = ", ".join(f"{values.sizes[dim]} values of {dim}" for dim in others)
        raise InvalidInput(
            f"data must have at most {MOST_LINES} lines, not {len(lines)} ({sizes}); select some with data.sel"
        )
    figure = _draw(data, values, along, y, others, lines)
    if path is not None:
        write(figure, path)
    return figure


def _axis(data: xarray.Dataset, x: str | None) -> str:
    dims = [
        str(d) for d in data.dims if d in data.coords and data[d].dtype.kind in "fiu" and d not in ("seed", "source")
    ]
    if x is not None and x not in dims:
        raise InvalidInput(f"x must be one of {', '.join(dims)}, not {x!r}")
    if not dims:
        raise InvalidInput(
            f"data must have a dimension of numbers, not only {', '.join(map(str, data.dims)) or 'none'}"
        )
    return x or ("samples" if data.sizes.get("samples", 0) > 1 else max(dims, key=lambda dim: data.sizes[dim]))


def _draw(data: xarray.Dataset, values: Any, along: str, y: str, others: list[str], lines: list) -> Figure:
    import matplotlib

    sources = [str(s) for s in data.source.values] if "source" in values.dims else ["theory"]
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        colours = [COLOURS[k] for k in range(len(lines))] if len(lines) <= len(COLOURS) else [
            matplotlib.colormaps["viridis"](k / (len(lines) - 1)) for k in range(len(lines))
        ]  # fmt: skip
        figure = new_figure(4.8, 3.5)
        axis = figure.subplots()
        lost, positive = 0, True
        at = np.asarray(data[along].values, dtype=float)
        for k, line in enumerate(lines):
            one = values.isel(dict(zip(others, line, strict=True)))
            parts = [f"${_SYMBOLS[d]} = {tex(float(data[d][i]))}$" if d in _SYMBOLS else f"{d} {data[d][i].item()}"
                     for d, i in zip(others, line, strict=True)]  # fmt: skip
            for m, source in enumerate(sources):
                own = one.sel(source=source) if "source" in values.dims else one
                table = own.transpose(along, ...).values.reshape(len(at), -1)
                if source == "theory" and table.shape[1] > 1:
                    table = table[:, :1]  # the theory is repeated for every seed
                lost += int(np.isnan(table).sum())
                good = np.isfinite(table)
                count = good.sum(axis=1)
                mean = np.where(count > 0, np.where(good, table, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
                positive &= bool(np.all(mean[count > 0] > 0.0))
                label = ", ".join(parts + ([source] if len(sources) > 1 else [])) or None
                order = np.argsort(at)
                if source == "theory":
                    marker = "." if np.sum(np.isfinite(mean)) < 40 else None
                    axis.plot(at[order], mean[order], color=colours[k], marker=marker, markersize=3.5, label=label)
                else:
                    square = np.where(good, (table - mean[:, None]) ** 2, 0.0).sum(axis=1)
                    error = np.where(count > 1, np.sqrt(square / np.maximum(count - 1, 1) / np.maximum(count, 1)), 0.0)
                    axis.errorbar(
                        at, mean, error, fmt=_MARKERS[m % len(_MARKERS)], color=colours[k], markersize=4.0, capsize=1.5,
                        elinewidth=0.8, markeredgecolor="white", markeredgewidth=0.5, linestyle="none", label=label,
                    )  # fmt: skip
        if np.all(at > 0.0):
            axis.set_xscale("log")
        if positive and y != "zero_mass":
            axis.set_yscale("log")
        note = f"\n{lost} of {values.size} values have no result" if lost else ""
        axis.set_xlabel(NAMES.get(along, along) + note, color=INK)
        axis.set_ylabel(NAMES.get(y, y.replace("_", " ")))
        if any(axis.get_legend_handles_labels()[1]):
            axis.legend(fontsize=7)
        figure.draw_without_rendering()
    return figure
