"""The four pictures of a task: phase diagram, risk along both axes, spectrum, where the risk comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectralaw.display import number
from spectralaw.explorer import look, maps, measured
from spectralaw.explorer.look import Picture
from spectralaw.figures.phase_maps import CROSSOVERS
from spectralaw.figures.spectrum import predicted
from spectralaw.theory.prediction import Prediction

Groups = Sequence[Mapping[str, Any]]
_FLOOR, _TOP = 1e-8, 10.0  # of the colours of the risk
_MOST_POINTS = 1200  # of a line: more than a screen has
_SYMBOLS = {"convex": "circle-open", "network": "square-open", "amp": "triangle-up-open"}


def diagram(p: Prediction, fine: bool) -> tuple[Picture, bool]:
    """The phase diagram, and whether it is the fine one.

    Its axes are linear in log₁₀ n and log₁₀ λ (``meta`` tells the page): a browser draws colours over such axes several
    times faster than over logarithmic ones.
    """
    task = p.task
    found, fine = maps.diagram(task, fine)
    sides = np.log10(maps.window(task))
    (low_n, high_n), (low_decay, high_decay) = sides.tolist()
    with np.errstate(divide="ignore"):
        z = np.log10(np.clip(found.excess_risk, _FLOOR, _TOP)).T
    known = np.isfinite(z)
    colours = {
        "type": "heatmap",
        "name": "excess risk",
        "x": np.log10(found.samples),
        "y": np.log10(found.weight_decay),
        "z": z,
        "customdata": found.excess_risk.T,
        "colorscale": "Viridis",
        "reversescale": True,
        "zsmooth": "fast",
        "hovertemplate": "n = 10^%{x:.2f}, λ = 10^%{y:.2f}<br>R = %{customdata:.4g}<extra></extra>",
        "colorbar": {
            "title": {"text": "excess risk R", "side": "right"}, "thickness": 12, "outlinewidth": 0,
            **_decades(float(z[known].min()) if known.any() else 0.0, float(z[known].max()) if known.any() else 1.0, 9),
        },
    }  # fmt: skip
    place = np.log10(task.weight_decay) if task.weight_decay > 0.0 else low_decay
    point = float(np.log10(task.samples)), float(place)
    traces = [colours, *(_boundary(found, dashed) for dashed in (False, True)), _names(found)]
    traces.append(look.here(*point, hoverinfo="skip"))
    cross = {"color": look.ORANGE, "width": 1, "dash": "dot"}
    shapes = [
        {"type": "line", "x0": point[0], "x1": point[0], "y0": 0, "y1": 1, "yref": "paper", "line": cross},
        {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": point[1], "y1": point[1], "line": cross},
    ]
    figure = look.figure(
        traces,
        {"title": "samples n", "range": sides[0], **_decades(low_n, high_n, 7), "showgrid": False, "zeroline": False},
        {
            "title": "weight decay λ",
            "range": sides[1],
            **_decades(low_decay, high_decay, 8),
            "showgrid": False,
            "zeroline": False,
        },
        showlegend=False,
        shapes=shapes,
        meta={"log10": True},
        margin={"l": 66, "r": 90, "t": 10, "b": 48, "autoexpand": False},
    )
    return Picture("diagram", "Phase diagram", figure, _where(p)), fine


def _decades(low: float, high: float, most: int) -> dict[str, Any]:
    """Ticks at whole decades, at most so many."""
    first, last = int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9))
    every = max(1, -(-(last - first + 1) // most))
    places = list(range(first, last + 1, every))
    return {"tickvals": places, "ticktext": [f"10<sup>{k}</sup>".replace("-", "−") for k in places]}


def _where(p: Prediction) -> str:
    task = p.task
    at = f"n = {number(task.samples)}, λ = {number(task.weight_decay)}"
    if task.weight_decay == 0.0:
        at += ", below the picture"
    phase = "phases are defined for power-law teachers, white inputs and width ≥ dimension"
    if p.phase is not None:
        phase = f"phase {p.phase.in_words()}"
    return f"The point is at {at}: {phase}. Lines are boundaries for d → ∞."


def _boundary(found: maps.Map, dashed: bool) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for name, (n, decay) in found.lines.items():
        if (name in CROSSOVERS) is dashed:
            x += [*map(float, np.log10(n)), None]
            y += [*map(float, np.log10(decay)), None]
    style = {"line": {"color": "white", "width": 1.5, "dash": "dash" if dashed else "solid"}}
    return {"x": x, "y": y, "mode": "lines", "hoverinfo": "skip", "name": "boundaries", **style}


def _names(found: maps.Map) -> dict[str, Any]:
    x, y = np.log10(list(found.labels.values())).T if found.labels else ((), ())
    font = {"color": "white", "size": 14, "weight": 700, "shadow": "0 0 3px #000, 0 0 3px #000"}
    return {
        "x": x, "y": y, "text": list(found.labels), "mode": "text", "textfont": font, "hoverinfo": "skip",
        "name": "phases",
    }  # fmt: skip


def risk_along(p: Prediction, axis: str, groups: Groups, fine: bool) -> tuple[Picture, bool]:
    """Excess risk against samples or weight decay through the point of the task, and whether its line is fine."""
    task = p.task
    symbol, exponent = ("n", p.exponents.samples) if axis == "samples" else ("λ", p.exponents.weight_decay)
    x, risk, fine = maps.curve(task, axis, fine)
    here = getattr(task, axis)
    traces = [look.line(x, risk, "theory", look.BLUE, hovertemplate=f"{symbol} = %{{x:.4g}}<br>R = %{{y:.4g}}")]
    bayes = maps.bayes(task.replace(weight_decay=1.0)) if axis == "weight_decay" else None
    if bayes is not None and bayes > 0.0:
        traces.append(look.line([x[0], x[-1]], [bayes, bayes], "Bayes-optimal", look.GREEN, "dash"))
    if p.status.is_result and here == 0.0:
        traces.append(look.line([x[0], x[-1]], [p.excess_risk] * 2, "λ → 0, this task", look.ORANGE, "dot"))
    elif p.status.is_result and p.excess_risk > 0.0:
        traces.append(look.here(here, p.excess_risk, showlegend=False))
    traces += [_trained(group, group["task"][axis]) for group in _merged(measured.like(groups, task, axis), axis)]
    title = "samples n" if axis == "samples" else "weight decay λ"
    heights = np.concatenate([np.ravel(np.asarray(trace["y"], dtype=float)) for trace in traces])
    heights = heights[np.isfinite(heights) & (heights > 0.0)]
    low, high = (float(heights.min()), float(heights.max())) if heights.size else (0.1, 1.0)
    ends = maps.window(task)[0 if axis == "samples" else 1]
    figure = look.figure(
        traces, look.logarithmic(title, *ends), look.logarithmic("excess risk R", 0.75 * low, 1.4 * high)
    )
    caption = p.message
    if p.status.is_result:
        caption = f"R = {number(p.excess_risk)} at {symbol} = {number(here)}; local exponent ∂ log R/∂ log {symbol} = "
        caption += f"{exponent:+.4f}" if np.isfinite(exponent) else "not defined here"
    name = "risk-samples" if axis == "samples" else "risk-decay"
    return Picture(name, f"Excess risk against {title}", figure, caption), fine


def _merged(groups: Groups, axis: str) -> list[dict[str, Any]]:
    """One legend entry for each method."""
    merged = []
    for method in _SYMBOLS:
        own = [group for group in groups if group["method"] == method]
        if own:
            merged.append({"method": method, "own": own, "task": {axis: [group["task"][axis] for group in own]}})
    return merged


def _trained(group: Mapping[str, Any], x: Any) -> dict[str, Any]:
    own = group["own"]
    return look.points(
        x,
        [one["mean"] for one in own],
        f"trained ({group['method']})",
        look.PINK,
        marker={"symbol": _SYMBOLS[group["method"]], "size": 9, "line": {"width": 2}},
        error=[one["error"] or 0.0 for one in own],
        customdata=[len(one["seeds"]) for one in own],
        hovertemplate="R = %{y:.4g}, %{customdata} seeds",
    )


def spectrum(p: Prediction, groups: Groups) -> Picture:
    """The spectrum of the trained weights: bulk, outliers, zeros."""
    title = "Spectrum of the trained weights"
    if not p.status.is_result:
        return Picture("spectrum", title, look.nothing("no result"), p.message)
    quadratic = p.task.network == "quadratic"
    law, found = predicted(p), p.spectrum
    floor = 0.0 if quadratic else 1e-2 / p.task.dimension / np.maximum(law.x, 1e-300)
    seen = (law.x > 0.0) & (law.density > floor)
    x, density = _thinned(law.x[seen], law.density[seen])
    traces: list[dict[str, Any]] = []
    heights = [*density[x > 0.05 * x[-1]]] if x.size and quadratic else [*density]
    places = [*x[x > 0.02 * x[-1]]] if x.size and quadratic else [*x]
    for group in measured.like(groups, p.task):
        edges, values = np.asarray(group["edges"]), np.asarray(group["density"])
        if np.any(values > 0.0):
            edges = np.concatenate([[0.3 * edges[1]], edges[1:]])  # a logarithmic axis has no zero
            label = f"trained ({group['method']}), {len(group['seeds'])} networks"
            traces.append(
                {"x": np.repeat(edges, 2)[1:-1], "y": np.repeat(values, 2), "name": label, "mode": "lines",
                 "line": {"color": look.SKY, "width": 1}, "fill": "tozeroy", "fillcolor": "rgba(86,180,233,0.35)",
                 "connectgaps": False}
            )  # fmt: skip
            heights += [*values[values > 0.0]]
            places += [edges[0], edges[-1]]
    if x.size:
        name = "bulk" if quadratic else "all weights that are not zero"
        traces.append(look.line(x, density, name, look.BLUE, hovertemplate="%{x:.4g}: %{y:.4g}"))
    if quadratic and found.outliers:
        at, overlap = [o.location for o in found.outliers], [o.overlap for o in found.outliers]
        traces.append(
            look.points(
                at, overlap, "outliers, overlap² (right)", look.ORANGE, yaxis="y2",
                customdata=[o.teacher for o in found.outliers], marker={"symbol": "diamond", "size": 7},
                hovertemplate="at %{x:.4g}, overlap² %{y:.4f}, teacher %{customdata:.4g}",
            )
        )  # fmt: skip
        places += at
    name = "eigenvalue of Ŝ" if quadratic else "|θ̂|"
    if not places:
        return Picture("spectrum", title, look.nothing("all weights are zero"), _spectrum_in_words(p))
    low, high = (0.4 * min(heights), 3.0 * max(heights)) if heights else (0.1, 10.0)
    figure = look.figure(
        traces,
        look.logarithmic(name, 0.7 * min(places), 1.4 * max(places)),
        look.logarithmic("fraction of weights / unit", low, high),
    )
    if quadratic:
        figure["layout"]["margin"] = {**figure["layout"]["margin"], "r": 52}
        right = {
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.05],
            "showgrid": False,
            "tickmode": "auto",
            "nticks": 6,
        }
        figure["layout"]["yaxis2"] = look.axis("overlap²", **right)
    return Picture("spectrum", title, figure, _spectrum_in_words(p))


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """No more points than are seen, spread evenly over the logarithm of x; of those that there are, none is changed."""
    if len(x) <= _MOST_POINTS:
        return x, y
    order = np.argsort(x)
    x, y = x[order], y[order]
    rank = np.linspace(0, len(x) - 1, _MOST_POINTS // 2).astype(int)
    place = np.searchsorted(x, np.geomspace(x[0], x[-1], _MOST_POINTS // 2))
    kept = np.unique(np.concatenate([rank, np.minimum(place, len(x) - 1)]))
    return x[kept], y[kept]


def _spectrum_in_words(p: Prediction) -> str:
    found = p.spectrum
    parts = [
        f"{number(100 * p.zero_mass)} % of the weights are zero, {number(100 * found.bulk_mass)} % are in the bulk"
    ]
    count = round(found.outlier_count)
    if count and found.outliers:
        first = found.outliers[0]
        noun = "outlier" if count == 1 else f"{count:,} outliers, the largest"
        parts.append(f"{noun} at {number(first.location)} with squared overlap {first.overlap:.4f}")
    else:
        parts.append("no outliers")
    return "; ".join(parts)


def parts(p: Prediction, groups: Groups) -> Picture:
    """Where the risk comes from, as a bar, beside the Bayes-optimal risk and the risk of trained networks."""
    title = "Where the risk comes from"
    if not p.status.is_result:
        return Picture("parts", title, look.nothing("no result"), p.message)
    split, bayes = p.decomposition, maps.bayes(p.task.replace(weight_decay=1.0))
    colours = {"overfitting": look.ORANGE, "underfitting": look.SKY, "approximation": look.GREEN}
    bars = []
    if split is not None:
        for name, colour in colours.items():
            bars.append(_bar([getattr(split, name)], ["theory"], name, colour))
    else:
        bars.append(_bar([p.excess_risk], ["theory"], "excess risk", look.BLUE))
    if bayes is not None:
        bars.append({**_bar([bayes], ["Bayes-optimal"], "Bayes-optimal risk", look.GREY), "showlegend": False})
    for group in measured.like(groups, p.task):
        bar = _bar([group["mean"]], [f"trained ({group['method']})"], "trained", look.PINK)
        bars.append({**bar, "error_x": {"array": [group["error"] or 0.0]}, "showlegend": False})
    figure = look.figure(
        bars, {"title": "excess risk R", "rangemode": "tozero"}, {"title": "", "autorange": "reversed"}
    )
    figure["layout"]["margin"] = {**figure["layout"]["margin"], "l": 116, "t": 66}
    figure["layout"] |= {
        "barmode": "stack",
        "legend": {**figure["layout"]["legend"], "traceorder": "normal"},
        "bargap": 0.35,
    }
    words = f"R = {number(p.excess_risk)}"
    if split is not None:
        words += " = " + " + ".join(f"{name} {number(getattr(split, name))}" for name in colours)
    if bayes is not None:
        words += f"; Bayes-optimal {number(bayes)}"
    return Picture("parts", title, figure, words)


def _bar(value: list[float], label: list[str], name: str, colour: str) -> dict[str, Any]:
    hover = f"{name}: %{{x:.6g}}<extra></extra>"
    return {
        "type": "bar",
        "orientation": "h",
        "x": value,
        "y": label,
        "name": name,
        "marker": {"color": colour},
        "hovertemplate": hover,
    }
