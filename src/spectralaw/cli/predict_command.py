"""spectralaw predict"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

_LISTED = 5  # outliers that are shown; --json has all


@options.with_task
def predict(
    task: Any,
    save: Annotated[Optional[Path], typer.Option(help="Write the prediction to this file (.npz).")] = None,  # noqa: UP045
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """Predict risk, spectrum and exponents of a trained network."""
    import spectralaw as sl

    picture = options.places(save, figure)
    answer = sl.predict(task)
    if save is not None:
        answer.save(save)
    if picture is not None and answer.status.is_result:
        sl.plot_spectrum(answer, output=picture)
    if json:
        output.print_json(answer.to_dict())
    elif answer.status.is_result:
        _print(answer)
        output.written(picture, answer.status)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)


def _print(answer: Any) -> None:
    from spectralaw.display import more

    _, pairs = answer._shown()
    if answer.bayes_risk is not None:
        pairs.append(("Bayes-optimal R", output.number(answer.bayes_risk)))
    count = answer.spectrum.outlier_count
    pairs.append(("outliers", f"{round(count):,}"))
    output.print_pairs(pairs)
    if answer.outliers:
        listed = answer.outliers[:_LISTED]
        rows = [[output.number(o.teacher), output.number(o.location), f"{o.overlap:.4f}"] for o in listed]
        output.print_table(["teacher", "trained", "overlap²"], rows)
        if round(count) > len(listed):
            output.echo(more(count - len(listed), "outlier"))
