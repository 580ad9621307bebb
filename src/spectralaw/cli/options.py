"""The options that describe a task, declared once: a command that asks for a task gets them by ``with_task``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Optional

import typer


def number_from(text: str) -> float:
    """A number, or a sentence with the value that is none."""
    return _read(text, "number_from_text")


def whole_from(text: str) -> int:
    """A whole number, or a sentence with the value that is none."""
    return _read(text, "whole_from_text")


def _read(text: Any, reader: str) -> Any:
    from spectralaw import _checks

    if not isinstance(text, str):  # typer sends defaults through the parser, too
        return text
    try:
        return getattr(_checks, reader)(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def number(help_text: str) -> Any:
    return typer.Option(parser=number_from, metavar="NUMBER", help=help_text)


def whole(help_text: str) -> Any:
    return typer.Option(parser=whole_from, metavar="INTEGER", help=help_text)


Network = Annotated[str, typer.Option(help="diagonal or quadratic.")]
Dimension = Annotated[float, number("Input dimension d, from 2 to 10^12.")]
Samples = Annotated[float, number("Number n of training samples.")]
WeightDecay = Annotated[float, number("Weight decay λ of the objective; 0 is the limit λ → 0.")]
NoiseVariance = Annotated[float, number("Variance Δ of the label noise.")]
Gamma = Annotated[Optional[float], number("Exponent γ > 1/2 of the power-law teacher (default 1).")]  # noqa: UP045
Rank = Annotated[Optional[float], number("Rank of a finite-rank teacher.")]  # noqa: UP045
Spectrum = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="File of teacher values: .npy, or text with one number a line and a decimal point."),
]
Normalize = Annotated[bool, typer.Option("--normalize", help="Scale the values of a file to the units of the laws.")]
Coefficients = Annotated[str, typer.Option(help="Diagonal teacher: gaussian coefficients, or fixed ones.")]
Width = Annotated[Optional[float], number("Hidden units p of the quadratic network (default p = d).")]  # noqa: UP045
InputExponent = Annotated[
    Optional[float],  # noqa: UP045
    number("Inputs that are not white: variances i^(-a) along the teacher's directions; a ≥ 0."),
]
InputVariances = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="File of the variances of the inputs along the teacher's directions, one for each dimension."),
]
Seed = Annotated[int, whole("Makes teacher, inputs, noise and start.")]
Figure = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Draw it into this file: .png, .pdf or .svg."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

_REQUIRED = inspect.Parameter.empty
FIELDS: dict[str, dict[str, tuple[Any, Any]]] = {
    "network": {"network": (Network, _REQUIRED)},
    "dimension": {"dimension": (Dimension, _REQUIRED)},
    "samples": {"samples": (Samples, _REQUIRED)},
    "weight_decay": {"weight_decay": (WeightDecay, _REQUIRED)},
    "noise_variance": {"noise_variance": (NoiseVariance, 0.0)},
    "teacher": {
        "gamma": (Gamma, None),
        "rank": (Rank, None),
        "spectrum": (Spectrum, None),
        "normalize": (Normalize, False),
        "coefficients": (Coefficients, "gaussian"),
    },
    "width": {"width": (Width, None)},
    "inputs": {"input_exponent": (InputExponent, None), "input_variances": (InputVariances, None)},
}
"""Options by field of :class:`spectralaw.Task`, with their defaults; a test holds them against its fields."""


def with_task(
    command: Callable[..., None] | None = None,
    stand_ins: Callable[[dict[str, Any]], dict[str, float]] | None = None,
    **preset: float,
) -> Any:
    """Give a command ``command(task, …)`` the options of a task in place of its first argument.

    Fields in ``preset`` are not asked for: the command replaces or ignores them. With ``stand_ins`` numbers need not be
    given that it finds in the values of the command's own options.
    """
    if command is None:
        return lambda command: with_task(command, stand_ins, **preset)
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    asked = {
        name: (kind, None if stand_ins and default is _REQUIRED and field != "network" else default)
        for field, group in FIELDS.items()
        if field not in preset
        for name, (kind, default) in group.items()
    }

    def run(**values: Any) -> None:
        fields = {name: values.pop(name) for name in asked}
        if stand_ins is not None:
            fields |= {name: value for name, value in stand_ins(values).items() if fields.get(name) is None}
        command(task_from(**preset, **fields), **values)

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in asked.items()
    ] + [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    return run


def figure_path(figure: Path | None) -> Path | None:
    """The file of ``--figure``, refused before anything is computed where it cannot be drawn."""
    if figure is None:
        return None
    from spectralaw.figures.look import checked

    return checked(figure)


def places(save: Path | None, figure: Path | None) -> Path | None:
    """Where ``--figure`` goes; refused before anything is computed where either cannot be written, or both are one."""
    from spectralaw import InvalidInput, files

    picture = figure_path(figure)
    for place in (save, picture):
        if place is not None:
            files.refuse_place(place)
    if save is not None and picture is not None and save.resolve() == picture.resolve():
        raise InvalidInput(f"save and figure must be two files, not both {save}")
    return picture


def task_from(
    network: str,
    dimension: float,
    samples: float,
    weight_decay: float,
    noise_variance: float = 0.0,
    gamma: float | None = None,
    rank: float | None = None,
    spectrum: Path | None = None,
    normalize: bool = False,
    coefficients: str = "gaussian",
    width: float | None = None,
    input_exponent: float | None = None,
    input_variances: Path | None = None,
) -> Any:
    """The task that the options describe."""
    from spectralaw import (
        Empirical,
        EmpiricalInputs,
        FiniteRank,
        InvalidInput,
        PowerLaw,
        PowerLawInputs,
        Task,
        White,
    )

    for name, value in {"dimension": dimension, "samples": samples, "weight_decay": weight_decay}.items():
        if value is None:
            raise InvalidInput(f"{name} must be given, as an option or as an axis")
    chosen: dict[str, Any] = {"coefficients": coefficients}
    if spectrum is not None:
        if rank is not None or gamma is not None:
            raise InvalidInput("spectrum cannot be given together with gamma or rank; choose one teacher")
        teacher: Any = Empirical(read_values(spectrum), normalize=normalize, **chosen)
    elif normalize:
        raise InvalidInput("normalize cannot be given without spectrum: the laws are in their units already")
    elif rank is not None:
        teacher = FiniteRank(rank, gamma=0.0 if gamma is None else gamma, **chosen)  # type: ignore[arg-type]
    else:
        teacher = PowerLaw(1.0 if gamma is None else gamma, **chosen)
    inputs: Any = White()
    if input_exponent is not None:
        if input_variances is not None:
            raise InvalidInput("input_variances cannot be given together with input_exponent; choose one law")
        inputs = PowerLawInputs(input_exponent)
    elif input_variances is not None:
        inputs = EmpiricalInputs(read_values(input_variances, "input_variances"))
    return Task(
        network=network,  # type: ignore[arg-type]
        dimension=dimension,  # type: ignore[arg-type]
        samples=samples,
        weight_decay=weight_decay,
        noise_variance=noise_variance,
        teacher=teacher,
        width=width,  # type: ignore[arg-type]
        inputs=inputs,
    )


def read_values(path: Path, name: str = "spectrum") -> Any:
    """Numbers of a .npy file, or of a text with one number a line."""
    import numpy as np

    from spectralaw import InvalidInput

    try:
        if path.is_char_device():  # it may have no end
            raise InvalidInput(f"{name} file {path} is a device, not a file")
        if path.suffix == ".npy":
            with path.open("rb") as file:
                values = np.load(file, allow_pickle=False)
            if not isinstance(values, np.ndarray):
                raise ValueError("it holds several arrays")
            return values
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InvalidInput(f"{name} file {path} cannot be read: {error.strerror or error}") from error
    except InvalidInput:
        raise
    except (ValueError, EOFError, MemoryError, SyntaxError) as error:
        raise InvalidInput(f"{name} file {path} is not a list of numbers: {error}") from error
    return _values(path, lines, name)


def _values(path: Path, lines: list[str], name: str) -> list[float]:
    from spectralaw import InvalidInput
    from spectralaw._checks import number_from_text

    values = []
    for row, line in enumerate(lines, 1):
        try:
            if line.strip():
                values.append(number_from_text(line))
        except ValueError as error:
            what = "one number" if len(line.replace(",", " ").split()) > 1 else "a number"
            hint = ", with a decimal point" if "," in line else ""
            raise InvalidInput(f"{name} file {path} must have {what} a line{hint}; line {row} {error}") from None
    return values
