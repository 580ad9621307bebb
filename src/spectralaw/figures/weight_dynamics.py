"""A recording of weights: singular values, ranks and agreement with a checkpoint against the step; and as a film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_LINES = 24


def draw(data: Any, title: str = "") -> Figure:
    """One column for each matrix: singular values, effective rank, agreement of the leading vectors."""
    import matplotlib

    names = [str(name) for name in data.matrix.values]
    steps = data.step.values.astype(float)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(max(3.0 * len(names), 4.0), 6.2)
        axes = figure.subplots(3, len(names), squeeze=False, sharex="col")
        for column, name in enumerate(names):
            one = data.sel(matrix=name)
            top, middle, low = axes[:, column]
            singular_values(top, one)
            top.set_title(f"{name}, {int(one.shape[0])} × {int(one.shape[1])}")
            middle.plot(steps, one.effective_rank, color=COLOURS[0], label="effective rank")
            middle.plot(steps, one.stable_rank, color=COLOURS[1], label="stable rank")
            middle.axhline(
                float(one.random_effective_rank), color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label="random matrix"
            )
            middle.set_ylim(0.0, None)
            count = int(np.isfinite(one.agreement.values[-1]).sum())
            mesh = low.pcolormesh(
                steps, np.arange(1, count + 1), one.agreement.values[:, :count].T, vmin=0.0, vmax=1.0, cmap="viridis",
                shading="nearest",
            )  # fmt: skip
            if np.isfinite(one.alignment.values).any():
                side = low.twinx()
                side.plot(steps, one.alignment, color=COLOURS[1], linewidth=1.2)
                side.set(ylim=(0.0, 1.05), ylabel="alignment with the layer before")
            low.set_xlabel("step")
        axes[0, 0].set_ylabel("singular values")
        axes[1, 0].set_ylabel("rank")
        axes[1, 0].legend()
        axes[2, 0].set_ylabel(f"singular vector,\nagreement with {data.attrs['reference']}")
        figure.colorbar(mesh, ax=list(axes[2]), label="agreement")
        if title:
            figure.suptitle(title)
        figure.draw_without_rendering()
    return figure


def singular_values(axis: Any, one: Any) -> None:
    """Lines of the leading singular values, and of some others, against the step."""
    values = one.singular_values.values
    count = int(np.isfinite(values[-1]).sum())
    lines = np.unique(np.round(np.geomspace(1, count, min(count, _MOST_LINES))).astype(int)) - 1
    for k in lines:
        axis.plot(one.step.values, values[:, k], color=COLOURS[0], linewidth=0.8, alpha=0.35 + 0.6 / (1.0 + 0.3 * k))
    axis.set_ylim(0.0, None)


def film(data: Any, output: Path, frames_per_second: int) -> Path:
    """Write the singular values of every matrix, frame by frame, as an animated .gif."""
    import matplotlib
    from matplotlib.animation import PillowWriter

    if output.suffix.lower() != ".gif":
        raise InvalidInput(f"output must be a .gif file, not {output}")
    names = [str(name) for name in data.matrix.values]
    with matplotlib.rc_context({**SETTINGS, "figure.constrained_layout.use": False}):  # pyright: ignore[reportArgumentType]
        figure = new_figure(max(3.0 * len(names), 4.0), 2.8)
        axes = figure.subplots(1, len(names), squeeze=False)[0]
        figure.subplots_adjust(bottom=0.18, top=0.85)
        writer = PillowWriter(fps=frames_per_second)
        with writer.saving(figure, str(output), dpi=100):
            for i, step in enumerate(data.step.values):
                for axis, name in zip(axes, names, strict=True):
                    values = data.singular_values.sel(matrix=name).values
                    axis.clear()
                    alive = values[i][np.isfinite(values[i])]
                    axis.plot(np.arange(1, len(alive) + 1), alive, "o", color=COLOURS[0], markersize=3)
                    axis.set(title=f"{name}, step {int(step)}", xlabel="rank", ylim=(0.0, 1.05 * np.nanmax(values)))
                writer.grab_frame()
    return output
