"""Singular values, ranks and accuracy of recorded trainings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure
from spectralaw.figures.weight_dynamics import singular_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(datasets: Sequence[Any]) -> Figure:
    """Two linear layers, the quadratic network, modular addition with and without weight decay."""
    import matplotlib

    linear, quadratic, *additions = datasets
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.6, 2.9)
        axes = figure.subplots(1, 4)
        singular_values(axes[0], linear.sel(matrix="product"))
        for value in (2.5, 1.0, 0.3, 0.0):
            axes[0].axhline(value, color=COLOURS[1], linewidth=0.8, linestyle=(0, (4, 3)))
        axes[0].set(title="two linear layers", xlabel="step", ylabel="singular values of the product")
        singular_values(axes[1], quadratic.isel(matrix=0))
        axes[1].set(title="quadratic network", xlabel="L-BFGS iteration", ylabel="singular values of W")
        for data, colour in zip(additions, COLOURS, strict=False):
            label = f"λ = {data.attrs['decay']:g}"
            axes[2].plot(data.step, data.effective_rank.sel(matrix="hidden"), color=colour, label=label)
            axes[3].plot(data.step, data.accuracy.sel(rows="test"), color=colour, label=f"test, {label}")
            axes[3].plot(
                data.step, data.accuracy.sel(rows="training"), color=colour, linestyle=(0, (1, 1)), linewidth=1
            )
        baseline = float(additions[0].random_effective_rank.values[0])
        axes[2].axhline(baseline, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label="random matrix")
        axes[2].set(title="modular addition", xlabel="step", ylabel="effective rank, hidden", ylim=(0.0, None))
        axes[3].set(title="(dotted: training)", xlabel="step", ylabel="accuracy", ylim=(0.0, 1.05))
        axes[2].legend()
        axes[3].legend()
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[Any]) -> str:
    """What the picture shows."""
    steps = int(datasets[2].step.values[-1])
    return (
        "Recorded trainings. Left: singular values of W₂W₁ under gradient descent with weight decay 0.5; dashed, the "
        f"exact end (s − λ)₊. Second: weights of the quadratic network (d = {datasets[1].attrs['dimension']}) under "
        "L-BFGS from a random start: a few grow, the rest vanish. Right: a two-layer network of squares on addition "
        f"modulo {datasets[2].attrs['modulus']} with AdamW, {steps:,} steps, with and without weight decay: effective "
        "rank of the hidden layer, and accuracy on held-out pairs."
    )
