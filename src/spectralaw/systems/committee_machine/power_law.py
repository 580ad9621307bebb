"""Where the learning curve of a linear network is a power law, and which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import is_ours, shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.committee_machine.linear import check_rate, is_single, nonnegative
from spectralaw.systems.committee_machine.spectrum import as_spectrum


def power_law_window(spectrum: Any, learning_rate: float) -> tuple[float, float]:
    """(1/ηλ_max, 1/ηλ_min): far from both ends a power-law spectrum gives ε ∝ α^(−β/(1+β)).

    Before it nothing is learned, after it the smallest eigenvalue is and the error falls exponentially. Its ends are
    L^(1+β) apart; a spectrum of few levels or a small β has no α that is far from both.

    Raises
    ------
    InvalidInput
        For what is no spectrum, and learning rates that are not above 0 and below the largest.
    """
    spectrum = as_spectrum(spectrum)
    rate = check_rate(learning_rate, spectrum)
    return 1.0 / (rate * float(spectrum.values.max())), 1.0 / (rate * float(spectrum.values.min()))


def power_law(alphas: ArrayLike, spectrum: Any, learning_rate: float) -> NDArray[np.float64]:
    """Asymptote of :func:`.linear_error` inside the window, with its amplitude.

    ε ≈ ½ (λ₁/L) Γ(b) (2ηλ₁α)^−b / ((1+β)(1 − η/2)), b = β/(1+β): the sum over levels of what is not yet learned as an
    integral, and the noise of the gradient, which multiplies it by 1/(1 − η/2).

    Parameters
    ----------
    alphas
        Greater than 0, a list or a number.
    spectrum : PowerLawSpectrum
    learning_rate : float
        η, between 0 and 2.

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    The exponent: arXiv:2410.09005. The amplitude is derived here.
    """
    from scipy.special import gamma

    if not is_ours(spectrum, "PowerLawSpectrum"):
        raise InvalidInput(f"spectrum must be a PowerLawSpectrum, not {shown(spectrum)}")
    rate, points = check_rate(learning_rate, spectrum), nonnegative("alphas", alphas)
    if np.any(points == 0.0):
        raise InvalidInput("alphas must be greater than 0, for a power law has no value at 0")
    b, top = spectrum.learning_exponent, float(spectrum.values[0])
    amplitude = 0.5 * top / spectrum.levels * gamma(b) / ((1.0 + spectrum.beta) * (1.0 - 0.5 * rate))
    errors = amplitude * (2.0 * rate * top * points) ** -b
    return errors[0] if is_single(alphas) else errors
