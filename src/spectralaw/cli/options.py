"""The options that describe a task, named as its fields."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer


def number_from(text: str) -> float:
    """A number, or a sentence with the value that is none."""
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"must be a number, not {text!r}") from None


def number(help_text: str) -> Any:
    return typer.Option(parser=number_from, metavar="NUMBER", help=help_text)


Network = Annotated[str, typer.Option(help="diagonal or quadratic.")]
Dimension = Annotated[float, number("Input dimension d, from 2 to 10^12.")]
Samples = Annotated[float, number("Number n of training samples.")]
WeightDecay = Annotated[float, number("Weight decay λ of the objective; 0 is the limit λ → 0.")]
NoiseVariance = Annotated[float, number("Variance Δ of the label noise.")]
Gamma = Annotated[Optional[float], number("Exponent γ > 1/2 of the power-law teacher (default 1).")]  # noqa: UP045
Rank = Annotated[Optional[float], number("Rank of a finite-rank teacher.")]  # noqa: UP045
Spectrum = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="File of teacher values: .npy, or text with one number a line."),
]
Coefficients = Annotated[str, typer.Option(help="Diagonal teacher: gaussian coefficients, or fixed ones.")]
Width = Annotated[Optional[float], number("Hidden units p of the quadratic network (default p = d).")]  # noqa: UP045
Figure = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Draw it into this file: .png, .pdf or .svg."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def figure_path(figure: Path | None) -> Path | None:
    """The file of ``--figure``, refused before anything is computed where it cannot be drawn."""
    if figure is None:
        return None
    from spectralaw.figures.look import checked

    return checked(figure)


def task_from(
    network: str,
    dimension: float,
    samples: float,
    weight_decay: float,
    noise_variance: float,
    gamma: float | None,
    rank: float | None,
    spectrum: Path | None,
    coefficients: str,
    width: float | None,
) -> Any:
    """The task that the options describe."""
    from spectralaw import Empirical, FiniteRank, InvalidInput, PowerLaw, Task

    chosen: dict[str, Any] = {"coefficients": coefficients}
    if spectrum is not None:
        if rank is not None or gamma is not None:
            raise InvalidInput("spectrum cannot be given together with gamma or rank; choose one teacher")
        teacher: Any = Empirical(read_values(spectrum), **chosen)
    elif rank is not None:
        teacher = FiniteRank(rank, gamma=0.0 if gamma is None else gamma, **chosen)  # type: ignore[arg-type]
    else:
        teacher = PowerLaw(1.0 if gamma is None else gamma, **chosen)
    return Task(
        network=network,  # type: ignore[arg-type]
        dimension=dimension,  # type: ignore[arg-type]
        samples=samples,
        weight_decay=weight_decay,
        noise_variance=noise_variance,
        teacher=teacher,
        width=width,  # type: ignore[arg-type]
    )


def read_values(path: Path) -> Any:
    """Numbers of a .npy or text file."""
    import numpy as np

    from spectralaw import InvalidInput

    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        return np.array(path.read_text().replace(",", " ").split(), dtype=float)
    except OSError as error:
        raise InvalidInput(f"spectrum file {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"spectrum file {path} is not a list of numbers: {error}") from error
