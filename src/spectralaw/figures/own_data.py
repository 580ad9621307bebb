"""Pictures of networks trained on the user's data: risk along the weight decay, spectrum, forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_path(points: Sequence[Any], chosen: float, held_out: Sequence[float] | None = None) -> Figure:
    """Training loss, GCV and ALO against the weight decay; held-out error where it is given.

    Parameters
    ----------
    points : sequence of PathPoint
    chosen : float
        The weight decay that was taken.
    held_out : sequence of float, optional
        Mean squared error on other rows, one for each point.
    """
    import matplotlib

    decays = np.array([p.weight_decay for p in points])
    order = np.argsort(decays)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.6, 3.4)
        axis = figure.subplots()
        axis.plot(decays[order], [points[k].training_loss for k in order], color=COLOURS[5], label="training loss")
        for name, colour, marker in (("gcv", COLOURS[0], "s"), ("alo", COLOURS[1], "o")):
            good = [k for k in order if np.isfinite(getattr(points[k].risk, name))]
            axis.errorbar(
                decays[good],
                [getattr(points[k].risk, name) for k in good],
                [getattr(points[k].risk, f"{name}_standard_error") for k in good],
                color=colour, marker=marker, markersize=3.5, linewidth=1.0, capsize=1.5,
                label=f"{name.upper()}, from the training rows",
            )  # fmt: skip
        doubtful = [k for k in order if points[k].risk.reason and np.isfinite(points[k].risk.value)]
        if doubtful:
            axis.plot(
                decays[doubtful], [points[k].risk.value for k in doubtful], "x", color=INK, label="unreliable", zorder=5
            )
        if held_out is not None:
            values = np.asarray(held_out, dtype=float)[order]
            axis.plot(decays[order], values, color=COLOURS[2], linestyle=(0, (4, 2)), label="held-out rows")
        axis.axvline(chosen, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
        axis.annotate("taken", (chosen, 1.0), xycoords=("data", "axes fraction"), fontsize=7, ha="center", va="bottom")
        axis.set(xscale="log", yscale="log", xlabel=r"weight decay $\lambda$", ylabel="mean squared error")
        axis.legend()
        figure.draw_without_rendering()
    return figure


def draw_spectrum(spectrum: Any, reading: Any) -> Figure:
    """Trained weights in order of size, with the edge of learned noise and the learned features."""
    import matplotlib

    values = np.sort(np.abs(np.asarray(spectrum, dtype=float)))[::-1]
    alive = values[values > 0.0]
    rank = np.arange(1, len(alive) + 1)
    keep = reading.keep
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.6, 3.2)
        axis = figure.subplots()
        axis.plot(
            rank[keep:], alive[keep:], "o", color=COLOURS[4], markersize=4, label=f"learned noise ({reading.bulk})"
        )
        axis.plot(rank[:keep], alive[:keep], "o", color=COLOURS[1], markersize=5, label=f"learned features ({keep})")
        if reading.bulk_edge > 0.0:
            axis.axhline(reading.bulk_edge, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label="edge of the noise")
        axis.set(xlabel="rank", ylabel="size of the weight", xlim=(0.0, max(len(alive), 1) + 1.0), ylim=(0.0, None))
        axis.set_title(f"{reading.zeros} of {len(values)} weights are zero")
        axis.legend()
        figure.draw_without_rendering()
    return figure


def draw_forecast(forecast: Any) -> Figure:
    """Forecast error against the number of rows, with its 95 % band, the pilot, the noise floor and the checks."""
    import matplotlib

    n = np.array(forecast.samples, dtype=float)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.8, 3.4)
        axis = figure.subplots()
        beyond = n >= forecast.pilot
        axis.fill_between(
            n, forecast.low, forecast.high, color=COLOURS[0], alpha=0.18, linewidth=0, label="95 % interval"
        )
        axis.plot(n, forecast.error, color=COLOURS[0], marker="o", markersize=3.5, label="forecast, best weight decay")
        axis.axvline(forecast.pilot, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axis.annotate(
            f"pilot, {forecast.pilot} rows", (forecast.pilot, 0.98), xycoords=("data", "axes fraction"),
            rotation=90, fontsize=7, ha="right", va="top", xytext=(-2, 0), textcoords="offset points",
        )  # fmt: skip
        axis.axhline(forecast.noise_floor, color=COLOURS[2], linewidth=1.0, linestyle=(0, (1, 1)), label="noise floor")
        axis.axhline(
            forecast.target_variance, color=COLOURS[5], linewidth=1.0, linestyle=(0, (5, 2)), label="no network"
        )
        if forecast.checks:
            axis.errorbar(
                [c.samples for c in forecast.checks],
                [c.measured for c in forecast.checks],
                [1.96 * c.standard_error for c in forecast.checks],
                fmt="D", color=COLOURS[1], markersize=4, capsize=2, label="checks, measured",
            )  # fmt: skip
            axis.plot([c.samples for c in forecast.checks], [c.forecast for c in forecast.checks], "_",
                      color=COLOURS[0], markersize=10, markeredgewidth=2, label="checks, forecast")  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="training rows $n$", ylabel="squared error on new rows")
        axis.set_title(f"{forecast.network} network" + ("" if beyond.all() else ", also below the pilot"))
        axis.legend()
        figure.draw_without_rendering()
    return figure


def draw(datasets: Sequence[Any]) -> Figure:
    """Estimates over held-out errors for each data set, and forecasts over truth."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(2.6 * len(datasets), 2.9)
        axes = figure.subplots(1, len(datasets), squeeze=False)[0]
        for axis, data in zip(axes, datasets, strict=True):
            (_forecasts if data.attrs["part"] == "forecasts" else _estimates)(axis, data)
        axes[0].set_ylabel("mean squared error")
        axes[0].legend(loc="upper left")
        figure.draw_without_rendering()
    return figure


def _estimates(axis, data) -> None:
    decays = data.weight_decay.mean("split").values
    for name, label, colour, dashes in (
        ("training_loss", "training", COLOURS[5], (None, None)),
        ("gcv", "GCV", COLOURS[0], (4, 2)),
        ("alo", "leave-one-out", COLOURS[1], (None, None)),
        ("held_out", "held-out", COLOURS[2], (1, 1)),
    ):
        mean, spread = data[name].mean("split").values, data[name].std("split").values
        axis.plot(decays, mean, color=colour, label=label, dashes=dashes)
        if name in ("alo", "held_out"):
            axis.fill_between(decays, mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0)
    doubted = data.unreliable.mean("split").values > 0.5
    axis.plot(decays[doubted], data.alo.mean("split").values[doubted], "x", color=INK)
    top = float(np.nanmax(data.alo.mean("split")))
    axis.set(xscale="log", xlabel=r"weight decay $\lambda$", title=data.attrs["part"], ylim=(0.0, 1.6 * top))


def _forecasts(axis, data) -> None:
    order = np.argsort(data.forecast.values)
    place = np.arange(len(order))
    value = data.forecast.values[order]
    bars = np.abs(np.stack([data.low.values[order], data.high.values[order]]) - value)
    axis.errorbar(place, value, bars, fmt="o", color=COLOURS[0], markersize=3, elinewidth=0.8, label="forecast")
    axis.plot(place, data.truth.values[order], "D", color=COLOURS[2], markersize=3, label="trained")
    axis.set(xlabel="pilot", title=f"{data.attrs['pilot']} rows → {data.attrs['samples']}", ylim=(0.0, None))
    axis.legend()


def caption(datasets: Sequence[Any]) -> str:
    """What the picture shows."""
    splits = datasets[0].sizes["split"]
    last = datasets[-1]
    return (
        f"Quadratic network on real data, two thirds of the rows for training, {splits} random splits: training loss, "
        "GCV and approximate leave-one-out from the training rows, and the error on the held-out third, against the "
        "weight decay; bands are the spread over splits, crosses mark points whose estimate says it is unreliable. "
        f"Last panel: diagonal network on digits, forecast from {last.attrs['pilot']} labelled rows for "
        f"{last.attrs['samples']} with its 95 % interval, and the error of networks trained on as many. "
        "Estimates follow the held-out error; on breast cancer, whose inputs are heavy-tailed, that error itself jumps."
    )
