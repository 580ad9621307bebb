"""Activations by name or as the user's own function, and which of them have a kink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]
ActivationLike = str | Callable[[Array], Array]
"""A name of :func:`activations`, or a function of an array that acts entry by entry."""


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


_SMOOTH: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "erf": special.erf,
    "sin": np.sin,
    "arctan": np.arctan,
    "gelu": lambda x: x * special.ndtr(x),
    "silu": lambda x: x * special.expit(x),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "softplus": _softplus,
    "sigmoid": special.expit,
    "linear": lambda x: 1.0 * x,
}
_ALIASES = {"swish": "silu", "logistic": "sigmoid", "identity": "linear", "atan": "arctan"}
LEAK = 0.01
"""Slope of "leaky_relu" below zero."""
_BROKEN: dict[str, tuple[Callable[[Array], Array], str]] = {
    "relu": (lambda x: np.maximum(x, 0.0), "slope"),
    "leaky_relu": (lambda x: np.where(x > 0.0, x, LEAK * x), "slope"),
    "selu": (
        lambda x: 1.0507009873554805 * np.where(x > 0.0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0.0))),
        "slope",
    ),
    "hardtanh": (lambda x: np.clip(x, -1.0, 1.0), "slope"),
    "elu": (lambda x: np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0))), "second derivative"),
    "softsign": (lambda x: x / (1.0 + np.abs(x)), "second derivative"),
}


@dataclass(frozen=True)
class Activation:
    """A function of one variable with what is known of it."""

    name: str
    function: Callable[[Array], Array]
    break_: str = ""
    """Which derivative jumps, empty where none is known to."""

    def __call__(self, x: Array) -> Array:
        """Values, one for each entry, checked: finite, real, of double precision, of the same shape.

        Raises
        ------
        InvalidInput
            For a function that gives anything else.
        """
        with np.errstate(all="ignore"):
            try:
                values: Any = self.function(x)
            except Exception as error:
                raise InvalidInput(
                    f"activation must take an array of numbers, but {self.name} raised {type(error).__name__}: {error}"
                ) from error
        if np.ma.isMaskedArray(values) or getattr(values, "shape", None) != x.shape:
            raise InvalidInput(f"activation must give one number for each entry of an array, not {shown(values)}")
        if np.asarray(values).dtype != np.float64:
            raise InvalidInput(f"activation must give 64-bit floats, not {np.asarray(values).dtype}")
        values = np.asarray(values)
        lost = ~np.isfinite(values) & np.isfinite(x)
        if np.any(lost):
            raise InvalidInput(f"activation must be finite, but {self.name} of {x[lost][0]:g} is not")
        return values


def activations() -> tuple[str, ...]:
    """Names of the smooth activations that are known; those with a kink are known to the simulations only."""
    return (*_SMOOTH, *_ALIASES)


def activation(value: Any) -> Activation:
    """The activation of a name, or of a function.

    Raises
    ------
    InvalidInput
        For a name that is not known, and for what is neither name nor function.
    """
    if isinstance(value, Activation):
        return value
    if isinstance(value, str):
        name = _ALIASES.get(value, value)
        if name in _SMOOTH:
            return Activation(name, _SMOOTH[name])
        if name in _BROKEN:
            return Activation(name, *_BROKEN[name])
        known = ", ".join([*activations(), *_BROKEN])
        raise InvalidInput(f"activation must be a function or one of {known}, not {shown(value)}")
    if callable(value):
        function: Any = value
        return Activation(str(getattr(value, "__name__", type(value).__name__)), function)
    raise InvalidInput(f"activation must be the name of one or a function, not {shown(value)}")


def smooth(value: Any) -> Activation:
    """The activation, where no derivative that the theory needs is known to jump.

    Raises
    ------
    InvalidInput
        For one that is known to have a kink; a function's own is found by its averages (:mod:`.expansion`).
    """
    chosen = activation(value)
    if chosen.break_ == "slope":
        raise InvalidInput(no_transition(f"the slope of {chosen.name} jumps"))
    if chosen.break_:
        raise InvalidInput(
            f"activation must be smooth, but the {chosen.break_} of {chosen.name} jumps, and its Gaussian averages "
            "do not reach ten digits"
        )
    return chosen


def no_transition(why: str) -> str:
    """The sentence for activations that this theory does not hold for."""
    return (
        f"activation must be smooth, but {why}: there is no absorbing transition with a finite metric factor "
        "½ σ_w² q E φ''², and no critical point of this kind (initialise has the answer for ReLU)"
    )
