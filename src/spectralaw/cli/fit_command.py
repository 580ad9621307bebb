"""spectralaw fit"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

Name = Optional[str]  # noqa: UP045


def fit(
    file: Annotated[Path, typer.Argument(help="Table with a header: .csv (comma, semicolon or tab).")],
    x: Annotated[Name, typer.Option("--x", help="Column of samples, tokens, compute, …")] = None,
    y: Annotated[Name, typer.Option("--y", help="Column of the loss.")] = None,
    size: Annotated[Name, typer.Option("--N", help="Column of model sizes, for the law of two variables.")] = None,
    data: Annotated[Name, typer.Option("--D", help="Column of data, for the law of two variables.")] = None,
    compute: Annotated[Name, typer.Option("--C", help="Column of compute, from which D = C/(6 N).")] = None,
    group: Annotated[Name, typer.Option(help="Column of the run or seed.")] = None,
    weight: Annotated[Name, typer.Option(help="Column of weights.")] = None,
    law: Annotated[
        str, typer.Option(help="auto, power, plateau, broken, broken_plateau, chinchilla or chinchilla_tied.")
    ] = "auto",
    breaks: Annotated[str, typer.Option(help="auto, or a number of breaks.")] = "auto",
    loss: Annotated[str, typer.Option(help="huber, squares or absolute, of the log loss.")] = "huber",
    delta: Annotated[Optional[float], options.number("Delta of Huber's loss (default 1.345 σ).")] = None,  # noqa: UP045
    fixed: Annotated[Optional[list[str]], typer.Option(help="A known parameter, name=value; may be repeated.")] = None,  # noqa: UP045
    interval: Annotated[str, typer.Option(help="auto, profile, wald, sandwich or bootstrap.")] = "auto",
    level: Annotated[float, options.number("Level of the intervals.")] = 0.95,
    bootstrap: Annotated[float, options.number("Bootstrap replicates.")] = 1000,
    seed: Annotated[float, options.number("Seed of the bootstrap.")] = 0,
    skip_first: Annotated[float, options.number("Leave out x below this share of the largest of each run.")] = 0.0,
    drop_worst: Annotated[float, options.number("Leave out this many of the largest losses.")] = 0,
    where: Annotated[Optional[list[str]], typer.Option(help="Take rows with column=value; may be repeated.")] = None,  # noqa: UP045
    forecast: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="x to forecast at (N,D for the law of two variables); may be repeated."),
    ] = None,
    budget: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Compute C to spend best, for the law of two variables; may be repeated."),
    ] = None,
    network: Annotated[
        Name, typer.Option(help="diagonal or quadratic: name the phases whose exponent each regime has.")
    ] = None,
    figure: Annotated[Optional[Path], typer.Option(help="Picture (.png, .pdf or .svg).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Fit a scaling law to a table of losses: law, intervals, regimes, crossovers, warnings, forecast.

    Exit status 0 for a law, 1 where the data refuse one (the status says why), 2 for a table that cannot be used.
    """
    import spectralaw as sl
    from spectralaw.scaling.table import read_table

    parts = {"x": x, "y": y, "N": size, "D": data, "C": compute, "group": group, "weight": weight}
    chosen = dict(_split("where", text) for text in where or ())
    table = read_table(file, columns=parts, law=law, skip_first=skip_first, drop_worst=drop_worst, where=chosen)  # type: ignore[arg-type]
    known = {name: options.number_from(value) for name, value in (_split("fixed", text) for text in fixed or ())}
    found = sl.fit_scaling_law(
        table.x,
        table.y,
        law=law,
        breaks=breaks if breaks == "auto" else options.number_from(breaks),  # type: ignore[arg-type]
        loss=loss,
        delta=delta,
        weights=table.weights,
        groups=table.groups,
        fixed=known,
        interval=interval,
        level=level,
        bootstrap=bootstrap,  # type: ignore[arg-type]
        seed=seed,  # type: ignore[arg-type]
    )
    found = dataclasses.replace(found, n_dropped=table.dropped)
    two = isinstance(table.x, dict)
    at = [_place(text, two) for text in forecast or ()]
    usable = found.status.is_result
    if figure is not None:
        _draw(found, figure, at, network)
    if json:
        extra = {"compute": [options.number_from(text) for text in budget]} if budget and two and usable else {}
        values = found.to_dict(**extra)
        if at and usable:
            values["forecast"] = [found.forecast(place).to_dict() for place in at]
        if network is not None and usable and not two:
            values["compatible_phases"] = [row.to_dict() for row in found.compatible_phases(network)]
        remarks = [*values.get("remarks", []), *table.remarks]
        output.print_json({**values, "columns": table.columns, **({"remarks": remarks} if remarks else {})})
    else:
        _print(found, table, at, budget or [], network, figure)
    if not usable:
        raise typer.Exit(1)


def _split(option: str, text: str) -> tuple[str, str]:
    from spectralaw import InvalidInput

    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"{option} must be name=value, not {text!r}")
    return name.strip(), value.strip()


def _place(text: str, two: bool) -> Any:
    from spectralaw import InvalidInput

    numbers = [options.number_from(part) for part in text.split(",")]
    if len(numbers) != (2 if two else 1):
        raise InvalidInput(f"forecast must be {'N,D' if two else 'one number'}, not {text!r}")
    return {"N": numbers[0], "D": numbers[1]} if two else numbers[0]


def _draw(found: Any, path: Path, at: list[Any], network: str | None) -> None:
    from spectralaw.figures import look, scaling_fit

    look.require_matplotlib()
    if not found.status.is_result and not found.parts:
        return
    scaling_fit.draw(found, forecast=at, network=network).savefig(path, dpi=200)


def _print(found: Any, table: Any, at: list[Any], budgets: list[str], network: str | None, figure: Path | None) -> None:
    dropped = "".join(f", {count} left out ({why})" for why, count in table.dropped.items())
    named = ", ".join(f"{part} = {name}" for part, name in table.columns.items())
    typer.echo(f"{found.n} points{dropped}; {named}")
    for remark in table.remarks:
        typer.echo(f"  {remark}")
    typer.echo(repr(found))
    for side, part in found.parts.items():
        typer.echo(f"{side} of the peak: {part!r}")
    if not found.status.is_result:
        return
    if found.plateau is not None and "E" not in found.parameters:
        typer.echo(f"  plateau {found.plateau}")
    for place in at:
        one = found.forecast(place)
        typer.echo(f"forecast at {place}: {one.value:.5g} [{one.low:.5g}, {one.high:.5g}] ({one.trust}: {one.message})")
    for text in budgets:
        best = found.compute_optimal(options.number_from(text))
        typer.echo(f"C = {best.C:.4g}: N = {best.N:.4g} [{best.N_low:.4g}, {best.N_high:.4g}], D = {best.D:.4g}")
    if network is not None:
        for row in found.compatible_phases(network):
            typer.echo(f"  {row}")
    if figure is not None:
        typer.echo(f"picture: {figure}")
