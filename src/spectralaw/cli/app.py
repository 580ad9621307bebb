"""The tree of commands."""

from __future__ import annotations

from typing import Any

import typer

from spectralaw.cli import (
    cite_command,
    compare_command,
    compress_command,
    demo_command,
    diagnose_command,
    explore_command,
    fit_command,
    forecast_command,
    grid_command,
    optimum_command,
    phases_command,
    predict_command,
    prune_command,
    reproduce_command,
    sweep_command,
    systems_command,
    train_command,
)

app = typer.Typer(
    name="spectralaw",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Scaling laws and spectra of shallow neural networks: theory, training, and the comparison of the two.",
)
app.command("predict")(predict_command.predict)
app.command("train")(train_command.train)
app.command("compare")(compare_command.compare)
app.command("grid")(grid_command.grid)
app.command("optimum")(optimum_command.optimum)
app.command("phases")(phases_command.phases)
app.command("reproduce")(reproduce_command.reproduce)
app.add_typer(sweep_command.app, name="sweep")
app.command("diagnose")(diagnose_command.diagnose)
app.command("prune")(prune_command.prune)
app.command("compress")(compress_command.compress)
app.command("forecast")(forecast_command.forecast)
app.command("fit")(fit_command.fit)
app.command("demo")(demo_command.demo)
app.command("explore")(explore_command.explore)
app.command("systems")(systems_command.systems)
app.command("cite")(cite_command.cite)


def _version(asked: bool) -> None:
    if asked:
        import spectralaw

        typer.echo(f"spectralaw {spectralaw.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def command() -> Any:
    """The click command that typer makes of the tree."""
    return typer.main.get_command(app)
