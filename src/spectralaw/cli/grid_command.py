"""spectralaw grid"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw import files
from spectralaw.cli import options, output

_SHOWN = ("excess_risk", "training_loss", "zero_mass", "samples_exponent", "weight_decay_exponent")
_MOST = 1_000_000  # points


def _from_axes(values: dict[str, Any]) -> dict[str, float]:
    """Fields of the task that are axes, at their first value."""
    fields = ("dimension", "samples", "weight_decay", "noise_variance")
    return {name: axis[0] for name, axis in read_axes(values["over"]).items() if name in fields}


@options.with_task(stand_ins=_from_axes)
def grid(
    task: Any,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=VALUES",
            help="An axis, once for each: samples=1e3:1e6:16 (first, last, how many, spaced by factors), or "
            "weight_decay=0.1 again and again, a value each; also noise_variance, dimension, width, gamma.",
        ),
    ],
    save: Annotated[Optional[Path], typer.Option(help="Write the data to this .nc file.")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Predict over a grid of any numeric fields. The task gives the fields that are not axes."""
    import spectralaw as sl
    from spectralaw.cli.progress import waiting

    axes = read_axes(over)
    if save is not None:
        files.refuse_place(save)
    with waiting("predictions", silent=json):
        data = sl.predict_grid(task, **axes)
    if save is not None:
        files.write_dataset(save, data)
    rows = _rows(data)
    lost = sum(row["status"] == "not_converged" for row in rows)
    if json:
        fixed = {name: value for name, value in task.to_dict().items() if name not in axes}
        output.print_json({"task": fixed, "axes": axes, "points": rows})
    else:
        shown = [*axes, *_SHOWN]
        table = [[output.number(row[name]) for name in shown] + [row["status"]] for row in rows]
        output.print_table([name.replace("_", " ") for name in (*shown, "status")], table)
    if lost:
        output.complain(f"no solution was found at {lost:,} of {len(rows):,} points")
        raise typer.Exit(1)


def read_axes(over: list[str]) -> dict[str, list[float]]:
    """Axes by name, from ``samples=1e3:1e6:16`` or values one by one."""
    import math

    from spectralaw import InvalidInput
    from spectralaw._checks import number_from_text, shown, whole_from_text

    axes: dict[str, list[float]] = {}
    for text in over:
        name, equals, values = text.partition("=")
        name, parts = name.strip().replace("-", "_"), values.split(":")
        try:
            if not equals or len(parts) not in (1, 3):
                raise ValueError(f"must be FIELD=VALUE or FIELD=FIRST:LAST:HOW-MANY, not {shown(text)}")
            if len(parts) == 1:
                new = [number_from_text(values)]
            else:
                first, last, count = *map(number_from_text, parts[:2]), whole_from_text(parts[2])
                if not (0.0 < first < math.inf and 0.0 < last < math.inf and 2 <= count <= _MOST):
                    raise ValueError(f"needs two positive numbers and from 2 to {_MOST:,} values, not {shown(text)}")
                factor = math.log(last / first) / (count - 1)
                new = [first, *(first * math.exp(factor * k) for k in range(1, count - 1)), last]
        except ValueError as error:
            raise InvalidInput(f"over {error}") from None
        axes.setdefault(name, []).extend(new)
    if math.prod(map(len, axes.values())) > _MOST:
        raise InvalidInput(f"over must make at most {_MOST:,} points, not {math.prod(map(len, axes.values())):,}")
    return axes


def _rows(data: Any) -> list[dict[str, Any]]:
    """The points, in the order of the axes: their place, and what is predicted there."""
    import numpy as np

    places = np.meshgrid(*(data[name].values for name in data.dims), indexing="ij")
    columns = {str(name): place.ravel() for name, place in zip(data.dims, places, strict=True)}
    columns |= {str(name): values.values.ravel() for name, values in data.data_vars.items()}
    return [
        {name: str(values[k]) if name == "status" else float(values[k]) for name, values in columns.items()}
        for k in range(data["status"].size)
    ]
