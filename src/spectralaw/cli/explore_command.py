"""spectralaw explore"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

_ASKED = {name: kind for group in options.FIELDS.values() for name, (kind, _) in group.items()}


def _explore(
    task: dict[str, Any],
    view: Annotated[
        str, typer.Option(metavar="ADDRESS", help="View to begin with: the address of a page, or what follows its ?.")
    ] = "",
    export: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the view to this .html file, which needs nothing else, instead of serving it."),
    ] = None,
    port: Annotated[int, options.whole("Port on the loopback address; 0 takes one that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    json: options.Json = False,
) -> None:
    """Open a page on this machine where theory, sweeps, weights and curves can be explored; needs no network.

    Prints the address, with the token that it needs, and serves until interrupted. Options of a task choose what is
    shown first.
    """
    from spectralaw import InvalidInput
    from spectralaw.explorer import serve

    serve.require()
    if not 0 <= port < 65536:
        raise InvalidInput(f"port must be from 0 to 65535, not {port}")
    query = _query(task, view)
    if export is not None:
        from spectralaw.explorer.export import write

        place = write(export, query)
        output.print_json({"file": str(place)}) if json else typer.echo(f"written to {place}")
        return

    def say(address: str) -> None:
        output.print_json({"address": address}) if json else typer.echo(address)
        typer.get_text_stream("stdout").flush()

    serve.serve(query, port, say, browser)


def _query(task: dict[str, Any], view: str) -> str:
    """The address of the view; options of a task and a view that is given exclude each other."""
    from spectralaw import InvalidInput
    from spectralaw.explorer import address, tasks

    given = {name: value for name, value in task.items() if value is not None and value is not False}
    if view:
        if given:
            raise InvalidInput(f"view cannot be given together with {next(iter(given))}; choose one")
        return address.read(view).query()
    values: dict[str, str] = {}
    for name, value in given.items():
        if name in ("spectrum", "input_variances"):
            values[name] = " ".join(repr(float(one)) for one in options.read_values(value, name))
            values |= {"teacher": "Empirical"} if name == "spectrum" else {"inputs": "EmpiricalInputs"}
        else:
            values[name] = "yes" if value is True else tasks.exact(value) if isinstance(value, float) else str(value)
    if "rank" in values:
        values["teacher"] = "FiniteRank"
        values.setdefault("gamma", "0")
    if "input_exponent" in values:
        values["inputs"] = "PowerLawInputs"
    if values:
        tasks.view(values)
    return address.write("theory", values)


def _signature() -> Any:
    """The command with the options of a task, none of which must be given."""
    own = list(inspect.signature(_explore, eval_str=True).parameters.values())[1:]

    def explore(**values: Any) -> None:
        task = {name: values.pop(name) for name in _ASKED}
        _explore(task, **values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    fields = [
        inspect.Parameter(n, keyword, annotation=kind, default=False if n == "normalize" else None)
        for n, kind in _ASKED.items()
    ]
    parameters = [*fields, *(p.replace(kind=keyword) for p in own)]
    explore.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    explore.__annotations__ = {p.name: p.annotation for p in parameters}
    explore.__doc__ = _explore.__doc__
    return explore


explore = _signature()
