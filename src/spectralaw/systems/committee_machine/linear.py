"""Linear networks in closed form: decay rates, learning curves, and the largest learning rate.

With e_l the squared distance of student and teacher per direction of level l, 2ε = Σ w λ e obeys

    de_l/dα = −2η λ_l e_l + η² λ_l 2ε,     e(0) = 1.

In the variables √w e the matrix of rates is symmetric, −diag(2ηλ) + η² u uᵀ with u = √w λ, so

    2ε(α) = Σ_k r_k exp(−s_k α),   r_k = (2/η − m)/(s_k Σ_l η² w_l λ_l²/(2ηλ_l − s_k)²),   m = Σ w λ,

all terms positive. The student starts at zero, and any numbers of linear units act as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite, shown, vector, whole
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems.committee_machine.secular import zeros
from spectralaw.systems.committee_machine.spectrum import as_spectrum

Array = NDArray[np.float64]
_EQUAL = 1e-13  # relative difference of eigenvalues that are taken as one
_SUM_RULE = 1e-9
_AT_LIMIT = 1e-12  # a learning rate this near the limit, relative, is the limit up to rounding


@dataclass(frozen=True)
class LinearModes:
    """2ε(α) = rest + Σ amplitude · exp(−rate · α)."""

    rates: Array
    """s, descending."""
    amplitudes: Array
    rest: float
    """2ε for α → ∞: 0 where all directions are trained."""
    residual: float
    """How far rest + Σ amplitude is from 2ε(0), relative: a certificate, for the rates are found one by one."""


def largest_learning_rate(spectrum: Any) -> float:
    """η from which on a linear network no longer learns: 2/Σ w λ, which is 2 for spectra of mean 1.

    The rates of decay are the zeros of 1 − Σ η² w λ²/(2ηλ − s), one between any two neighbouring 2ηλ and one below the
    smallest; this last one is positive if and only if the sum at s = 0, η Σ w λ/2, is less than one. Only the mean of
    the spectrum matters.

    Parameters
    ----------
    spectrum
        :class:`.PowerLawSpectrum`, :class:`.Spectrum`, or a list of eigenvalues.

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    arXiv:2410.09005 has the limit 2 for power laws; the argument for any spectrum is ours.
    """
    return 2.0 / as_spectrum(spectrum).mean


def check_rate(learning_rate: Any, spectrum: Any, mean: float | None = None) -> float:
    """``learning_rate`` of a linear network as a float, greater than 0 and below the largest.

    Raises
    ------
    InvalidInput
        For other values; the sentence says the limit.
    """
    rate = finite("learning_rate", learning_rate)
    if rate <= 0.0:
        raise InvalidInput(f"learning_rate must be greater than 0, not {rate:g}")
    limit = largest_learning_rate(spectrum) if mean is None else 2.0 / mean
    if rate >= limit * (1.0 - _AT_LIMIT):
        raise InvalidInput(
            f"learning_rate must be below {limit:.6g}, the largest at which a linear network learns on this spectrum, "
            f"not {rate:g}"
        )
    return rate


def linear_modes(spectrum: Any, learning_rate: float, trained: int | None = None) -> LinearModes:
    """Rates and amplitudes of the learning curve of a linear network, each to its own last digits.

    Parameters are those of :func:`linear_error`.

    Raises
    ------
    ConvergenceFailure
        When the amplitudes miss 2ε(0) by more than 1e-9, relative.
    """
    values, shares, trained = _leading(as_spectrum(spectrum), trained)
    mean = float(shares @ values)
    if trained == 0:
        _positive_rate(learning_rate)
        return LinearModes(np.empty(0), np.empty(0), mean, 0.0)
    taught = float(shares[:trained] @ values[:trained])
    rate = check_rate(learning_rate, spectrum, taught)
    lost = float(shares[trained:] @ values[trained:])
    values, shares = _distinct(values[:trained], shares[:trained])
    rates, squares = zeros(2.0 * rate * values, rate**2 * shares * values**2)
    amplitudes = (2.0 / rate - mean) / (rates * squares)
    rest = lost / (1.0 - 0.5 * rate * taught)
    residual = abs(float(amplitudes.sum()) + rest - mean) / (mean + rest)
    if not residual <= _SUM_RULE:
        raise ConvergenceFailure(
            f"the modes of the learning curve miss its start by {residual:.1e}, relative: "
            "learning_rate is too near its limit"
        )
    return LinearModes(rates, amplitudes, rest, residual)


def linear_error(
    alphas: ArrayLike, spectrum: Any, learning_rate: float, trained: int | None = None
) -> NDArray[np.float64]:
    """Generalisation error ε(α) = ½ E (f − f*)² of a linear network in one pass, exact for N → ∞.

    Parameters
    ----------
    alphas
        Examples over dimension, 0 or greater, in any order; or one number.
    spectrum
        :class:`.PowerLawSpectrum`, :class:`.Spectrum`, or a list of eigenvalues.
    learning_rate : float
        η, above 0 and below :func:`largest_learning_rate` (of the trained levels).
    trained : int, optional
        Only the weights along the levels with so many greatest eigenvalues are trained; the others stay zero, and act
        as noise. By default all.

    Returns
    -------
    array
        One error for each of ``alphas``, in their order; a number for a number. ½ Σ w λ at α = 0. Each term of the sum
        over modes is exact to rounding, so that small errors at large α are, too.

    Raises
    ------
    InvalidInput
        For other values.

    References
    ----------
    arXiv:2410.09005, linear activation; the closed form by modes is derived here.
    """
    points = nonnegative("alphas", alphas)
    modes = linear_modes(spectrum, learning_rate, trained)
    with np.errstate(over="ignore", under="ignore"):  # the end of all decay
        errors = 0.5 * (np.exp(-np.multiply.outer(points, modes.rates)) @ modes.amplitudes + modes.rest)
    return errors[0] if is_single(alphas) else errors


def leading_error(spectrum: Any, trained: int, learning_rate: float | None = None) -> float:
    """What remains of the error when only the leading levels are ever trained.

    ½ Σ_{l > n} w λ for n = ``trained``, the best that such a network can do, which it reaches for η → 0. At a constant
    learning rate the untrained directions are noise that keeps the others from their optimum: the error ends at this
    over 1 − ½ η Σ_{l ≤ n} w λ.

    Parameters
    ----------
    spectrum
        :class:`.PowerLawSpectrum`, :class:`.Spectrum`, or a list of eigenvalues.
    trained : int
        n, from 0 to L; the greatest eigenvalues count.
    learning_rate : float, optional
        η of the end at a constant learning rate; by default the limit η → 0.

    Raises
    ------
    InvalidInput
        For other values.

    References
    ----------
    arXiv:2410.09005: ∝ n^−β for a power law with n ≪ L.
    """
    spectrum = as_spectrum(spectrum)
    values, shares, trained = _leading(spectrum, trained)
    least = 0.5 * float(shares[trained:] @ values[trained:])
    if learning_rate is None:
        return least
    if trained == 0:
        _positive_rate(learning_rate)
        return least
    taught = float(shares[:trained] @ values[:trained])
    return least / (1.0 - 0.5 * check_rate(learning_rate, spectrum, taught) * taught)


def nonnegative(name: str, values: ArrayLike) -> Array:
    """A list of numbers, or one, of 0 or greater.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    array = vector(name, values, or_number=True)
    if np.any(array < 0.0):
        first = int(np.argmax(array < 0.0))
        raise InvalidInput(f"{name} must be 0 or greater, but its entry {first} is {array[first]:g}")
    return array


def is_single(values: Any) -> bool:
    """Whether what passed as numbers is one number, not a list of one."""
    return not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0


def _positive_rate(learning_rate: Any) -> float:
    rate = finite("learning_rate", learning_rate)
    if rate <= 0.0:
        raise InvalidInput(f"learning_rate must be greater than 0, not {rate:g}")
    return rate


def _leading(spectrum: Any, trained: int | None) -> tuple[Array, Array, int]:
    """Eigenvalues in descending order, their shares, and how many are trained."""
    levels = spectrum.levels
    if trained is not None and whole("trained", trained) > levels:
        raise InvalidInput(f"trained must be the number of levels, {levels}, or fewer, not {shown(trained)}")
    order = np.argsort(-spectrum.values, kind="stable")
    return spectrum.values[order], spectrum.weights[order], levels if trained is None else whole("trained", trained)


def _distinct(values: Array, shares: Array) -> tuple[Array, Array]:
    """Descending eigenvalues without repetition, shares added."""
    new = np.concatenate([[True], np.diff(values) < -_EQUAL * values[1:]])
    starts = np.flatnonzero(new)
    return values[starts], np.add.reduceat(shares, starts)
