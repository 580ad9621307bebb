"""The picture of the experiment: falls of the margin, accuracies, and rounding, against the radius."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAININGS = ("plain", "robust")


def draw(datasets: Sequence[Any]) -> Figure:
    """Three panels: bound, truth and attack; accuracies; what rounding may do and does."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(11.0, 3.5)
        first, second, third = figure.subplots(1, 3, width_ratios=(1.0, 1.05, 1.15))
        _falls(first, parts["falls-plain"])
        _accuracies(second, [parts[f"accuracy-{name}"] for name in TRAININGS])
        _bits(second, parts["rounding-plain"].bits.values)
        _roundings(third, [parts[f"rounding-{name}"] for name in TRAININGS])
        figure.draw_without_rendering()
    return figure


def _falls(axis, data) -> None:
    radius = data.radius.values
    attack = data.attack.values
    for name, label, colour, style in (
        ("norms", "norms, closed form", COLOURS[3], "-"),
        ("intervals", "intervals", COLOURS[5], "-"),
        ("tightest", "bound", COLOURS[0], "-"),
        ("attained", "exact", INK, "o"),
    ):
        ratio = np.where((data.solved.values == 1.0) | (name != "attained"), data[name].values / attack, np.nan)
        axis.plot(radius, np.nanmedian(ratio, axis=0), style, color=colour, markersize=3.5, label=label)
        if name == "tightest":
            low, high = np.nanmin(ratio, axis=0), np.nanmax(ratio, axis=0)
            axis.fill_between(radius, low, high, color=colour, alpha=0.18, linewidth=0)
    axis.axhline(1.0, color=COLOURS[1], label="attack")
    vacuous = np.median(data.tightest.values / data.clean.values[:, None], axis=0) >= 1.0
    if vacuous.any():
        start = radius[int(np.argmax(vacuous))]
        axis.axvspan(start, radius[-1], color=INK, alpha=0.07, linewidth=0)
        middle = np.sqrt(start * radius[-1])
        axis.text(middle, 0.62, "vacuous", transform=axis.get_xaxis_transform(), ha="center", va="bottom", fontsize=8)
    axis.set(
        xscale="log", yscale="log", xlabel=r"radius / largest weight of the layer", ylabel="fall of the margin / attack"
    )
    axis.set_ylim(0.9, 3.2 * float(np.nanmax(np.median(data.norms.values / attack, axis=0))))
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axis.yaxis.set_major_locator(FixedLocator([1, 2, 3, 5, 10, 20]))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_title("bound, truth and attack, plain training")
    axis.legend(loc="upper left", ncols=2, columnspacing=1.0)


def _accuracies(axis, both) -> None:
    for data, name, colour in zip(both, TRAININGS, (COLOURS[1], COLOURS[0]), strict=True):
        radius = data.radius.values
        low, high = data.certified.mean("seed").values, data.attacked.mean("seed").values
        axis.plot(radius, low, color=colour, label=f"{name}: certified")
        axis.plot(radius, high, color=colour, linestyle=(0, (4, 2)), label=f"{name}: attacked")
        axis.fill_between(radius, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.axhline(float(data.clean.mean()), color=colour, linewidth=0.8, linestyle=(0, (1, 2)))
    axis.set(xscale="log", xlabel=r"radius / largest weight of the layer", ylabel="accuracy", ylim=(0.0, 1.12))
    axis.legend(loc="lower left")


def _bits(axis, bits) -> None:
    for b in bits:
        at = 1.0 / (2.0**b - 2.0)
        axis.axvline(at, color=INK, linewidth=0.6, linestyle=(0, (1, 3)), zorder=0)
        axis.text(at, 1.0, f"{b}", transform=axis.get_xaxis_transform(), fontsize=7.5, ha="center", va="bottom")
    axis.set_title("accuracy; above: bits of that rounding error", pad=14)


def _roundings(axis, both) -> None:
    width, place, names = 0.8, 0.0, []
    for data in both:
        for bits in data.bits.values:
            for scheme, mark in (("per tensor", "t"), ("per channel", "c")):
                one = data.sel(bits=bits, scheme=scheme).mean("seed")
                sure, changed, attacked = (float(one[n]) for n in ("certified", "changed", "attacked"))
                parts = (sure, 1.0 - sure - attacked, attacked - changed, changed)
                base = 0.0
                for k, (share, colour) in enumerate(
                    zip(parts, (COLOURS[2], "#dddddd", COLOURS[5], COLOURS[1]), strict=True)
                ):
                    label = ("certified", "not decided", "an attack changes it", "rounding changes it")[k]
                    axis.bar(place, share, width, base, color=colour, label=label if not names else None)
                    base += share
                names.append((place, mark, bits))
                place += 1.0
            place += 0.35
        place += 0.9
    axis.set_xticks([p for p, _, _ in names], [m for _, m, _ in names], fontsize=7)
    axis.tick_params(axis="x", length=0)
    for k in range(0, len(names), 2):
        axis.text(names[k][0] + 0.5, -0.11, f"{names[k][2]} bits", transform=axis.get_xaxis_transform(), ha="center",
                  va="top", fontsize=7)  # fmt: skip
    half = len(names) // 2
    for name, group in zip(TRAININGS, (names[:half], names[half:]), strict=True):
        axis.text(0.5 * (group[0][0] + group[-1][0]), -0.2, f"{name} training", transform=axis.get_xaxis_transform(),
                  ha="center", va="top", fontsize=8.5)  # fmt: skip
    axis.set(ylabel="share of predictions", ylim=(0.0, 1.0))
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles, labels, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.0)


def caption(datasets: Sequence[Any]) -> str:
    """What the picture shows, with its numbers."""
    parts = {data.attrs["part"]: data for data in datasets}
    falls, rounding = parts["falls-plain"], parts["rounding-plain"]
    ratio = np.median(falls.tightest.values / falls.attack.values, axis=0)
    norms = np.median(falls.norms.values / falls.attack.values, axis=0)
    over = np.median(falls.tightest.values / falls.clean.values[:, None], axis=0) >= 1.0
    start = f"from radius {falls.radius.values[int(np.argmax(over))]:.1e} on (grey)" if over.any() else "nowhere here"
    words = "; ".join(
        f"{name}: {float(parts[f'accuracy-{name}'].clean.mean()):.1%} clean, "
        + ", ".join(
            f"{float(parts[f'rounding-{name}'].certified.sel(bits=b, scheme='per channel').mean()):.1%} at {b} bits"
            for b in rounding.bits.values
        )
        for name in TRAININGS
    )
    inputs, seeds = falls.sizes["input"], falls.attrs["seeds"]
    return (
        f"ReLU networks 64-{falls.attrs['widths']}-10 on handwritten digits. Left: how far the margin of the predicted "
        "class over the next can fall when every weight moves by a radius (in units of the largest weight of its "
        f"layer), over what an attack attains, median of {inputs} held-out inputs, for the bound with its range. The "
        f"bound is {ratio[0]:.3f} of the attack at the smallest radius and {ratio[-1]:.2f} at the largest; the exact "
        "fall (a mixed-integer program) lies between; the closed form of norms is "
        f"{norms.min():.1f} to {norms.max():.1f}. The bound is vacuous, above the whole margin in the median, {start}. "
        f"Middle: accuracy that is certified, and that an attack leaves, mean of {seeds} seeds; the worst one is "
        "between them; dotted: clean. Right: predictions under rounding per tensor (t) and per channel (c), certified "
        f"for any change within each weight's own rounding error. Certified per channel, {words}."
    )
