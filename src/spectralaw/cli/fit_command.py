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
    from spectralaw import InvalidInput

    picture = options.places(None, figure)
    parts = {"x": x, "y": y, "N": size, "D": data, "C": compute, "group": group, "weight": weight}
    chosen = dict(_split("where", text) for text in where or ())
    known = {name: _value(f"fixed {name}", value) for name, value in (_split("fixed", text) for text in fixed or ())}
    arguments = dict(
        law=law, breaks=breaks if breaks == "auto" else _value("breaks", breaks), loss=loss, delta=delta,
        fixed=known, interval=interval, level=level, bootstrap=bootstrap, seed=seed,
    )  # fmt: skip
    try:
        table, found, asked = _fit(file, parts, skip_first, drop_worst, chosen, arguments, forecast, budget, network)
    except InvalidInput as error:
        if json:
            output.print_json({"status": "invalid", "message": str(error)})
        raise
    if picture is not None and (found.status.is_result or found.parts):
        from spectralaw.figures import look, scaling_fit

        look.write(scaling_fit.draw(found, forecast=asked.places, network=network, names=table.columns), picture)
    if json:
        _print_json(found, table, asked)
    else:
        _print(found, table, asked, picture)
    if not found.status.is_result:
        raise typer.Exit(1)


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What is to be said beside the fit."""

    places: list[Any]
    budgets: list[float]
    network: str | None


def _fit(
    file: Path, parts: Any, skip_first: Any, drop_worst: Any, where: Any, arguments: Any, forecast: Any, budget: Any,
    network: str | None,
) -> tuple[Any, Any, _Asked]:  # fmt: skip
    import spectralaw as sl
    from spectralaw import _checks
    from spectralaw.scaling.table import read_table

    table = read_table(
        file, columns=parts, law=arguments["law"], skip_first=skip_first, drop_worst=drop_worst, where=where
    )
    two = isinstance(table.x, dict)
    if budget and not two:
        raise sl.InvalidInput("budget goes with the law of two variables, N and D, not with one of x")
    if network is not None and two:
        raise sl.InvalidInput("network goes with a law of one variable, not with one of N and D")
    if network is not None:
        network = _checks.choice("network", network, ("diagonal", "quadratic"))
    places = [_place(text, two) for text in forecast or ()]
    asked = _Asked(places, [_positive("budget", text) for text in budget or ()], network)
    found = sl.fit_scaling_law(table.x, table.y, weights=table.weights, groups=table.groups, **arguments)
    return table, dataclasses.replace(found, n_dropped=table.dropped), asked


def _split(option: str, text: str) -> tuple[str, str]:
    from spectralaw import InvalidInput

    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"{option} must be name=value, not {text!r}")
    return name.strip(), value.strip()


def _value(option: str, text: str) -> float:
    from spectralaw import InvalidInput

    try:
        return options.number_from(text)
    except typer.BadParameter as error:
        raise InvalidInput(f"{option} {error.format_message().partition(': ')[2] or error}") from error


def _positive(option: str, text: str) -> float:
    from spectralaw import InvalidInput

    number = _value(option, text)
    if number <= 0.0:
        raise InvalidInput(f"{option} must be greater than 0, not {number:g}")
    return number


def _place(text: str, two: bool) -> Any:
    from spectralaw import InvalidInput

    parts = text.split(",")
    if len(parts) != (2 if two else 1):
        raise InvalidInput(f"forecast must be {'N,D' if two else 'one number'}, not {text!r}")
    numbers = [_positive("forecast", part) for part in parts]
    return {"N": numbers[0], "D": numbers[1]} if two else numbers[0]


def _print_json(found: Any, table: Any, asked: _Asked) -> None:
    usable = found.status.is_result
    values = found.to_dict(**({"compute": asked.budgets} if asked.budgets and usable else {}))
    if asked.places and usable:
        made = [found.forecast(place) for place in asked.places]
        values["forecast"] = [one.to_dict() for one in made]
        if any(one.trust == "extrapolation" for one in made):
            values["notes"] = [*values["notes"], "forecast_far"]
    if asked.network is not None and usable:
        rows = found.compatible_phases(asked.network)
        values["compatible_phases"] = [row.to_dict() for row in rows]
        for regime in values["regimes"]:
            regime["phases"] = [row.phase for row in rows if row.low == regime["low"]]
    remarks = [*values.get("remarks", []), *table.remarks]
    output.print_json({**values, "columns": table.columns, **({"remarks": remarks} if remarks else {})})


def _print(found: Any, table: Any, asked: _Asked, picture: Path | None) -> None:
    dropped = "".join(f", {count} left out ({why})" for why, count in table.dropped.items())
    named = ", ".join(f"{part} = {name}" for part, name in table.columns.items())
    output.echo(f"{found.n} points{dropped}; {named}")
    for remark in table.remarks:
        output.echo(f"  {remark}")
    output.echo(repr(found))
    for side, part in found.parts.items():
        output.echo(f"{side} of the peak: {part!r}")
    if len(found.candidates) > 1:
        output.print_table(
            ("law", "breaks", "AICc", "BIC", "held-out error", "status"),
            [
                (one.law, str(one.breaks), *(_number(v) for v in (one.aicc, one.bic, one.audit_error)), str(one.status))
                for one in found.candidates
            ],
        )
    if found.status.is_result:
        for place in asked.places:
            one = found.forecast(place)
            at = ", ".join(f"{k} = {v:g}" for k, v in place.items()) if isinstance(place, dict) else f"{place:g}"
            ends = f"{one.value:.5g} [{one.low:.5g}, {one.high:.5g}]"
            output.echo(f"forecast at {at} by the {one.law} law: {ends} ({one.trust}: {one.message})")
        for budget in asked.budgets:
            best = found.compute_optimal(budget)
            size, data = (f"{v:.4g} [{low:.4g}, {high:.4g}]" for v, low, high in
                          ((best.N, best.N_low, best.N_high), (best.D, best.D_low, best.D_high)))  # fmt: skip
            output.echo(f"C = {best.C:.4g}: N = {size}, D = {data}, loss {best.loss:.5g}")
        for row in found.compatible_phases(asked.network) if asked.network is not None else ():
            output.echo(f"  {row}")
    elif asked.places or asked.budgets:
        output.echo("no forecast: the data carry no law over their whole range")
    if picture is not None:
        drawn = found.status.is_result or found.parts
        output.echo(f"drawn in {picture}" if drawn else "nothing was drawn: there is no law")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
