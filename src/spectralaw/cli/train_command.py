"""spectralaw train"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

Method = Annotated[
    str, typer.Option(help="convex (the exact minimiser), network (the weights themselves, by L-BFGS) or amp.")
]
Tolerance = Annotated[Optional[float], options.number("On the certificate (default 10⁻⁶).")]  # noqa: UP045
MaxIterations = Annotated[Optional[int], options.whole("Where to stop without a certificate.")]  # noqa: UP045


def settings(tolerance: float | None, max_iterations: int | None) -> dict[str, Any]:
    """Options of the method that were given."""
    given = {"tolerance": tolerance, "max_iterations": max_iterations}
    return {name: value for name, value in given.items() if value is not None}


@options.with_task
def train(
    task: Any,
    seed: options.Seed = 0,
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    save: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the trained network to this file (.npz): weights, spectrum, task, certificate."),
    ] = None,
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """Train a network of finite size on sampled data."""
    import spectralaw as sl
    from spectralaw.cli.progress import waiting

    picture = options.places(save, figure)
    with waiting("training", silent=json):
        answer = sl.train(task, seed, method, **settings(tolerance, max_iterations))
    if save is not None:
        answer.save(save)
    if picture is not None and answer.status.is_result:
        theory = sl.predict(task)
        sl.plot_spectrum(theory if theory.status.is_result else None, answer, output=picture)
    if json:
        output.print_json(answer.to_dict())
    else:
        output.print_pairs([pair for pair in answer._shown()[1] if pair[0]])
        output.written(picture, answer.status)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
