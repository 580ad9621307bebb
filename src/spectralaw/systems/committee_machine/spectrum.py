"""Spectra of the data: few distinct eigenvalues of the covariance, each shared by many directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite, is_ours, positive_integer, shown, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.setting import Setting

Array = NDArray[np.float64]
WIDEST = 1e12  # largest over smallest eigenvalue: beyond it, double precision of the overlaps has no room


@dataclass(frozen=True)
class Spectrum(Setting):
    """Distinct eigenvalues λ_l of the covariance, and the share w_l of directions that has each.

    Parameters
    ----------
    eigenvalues
        Positive, in any order, at most a factor of 1e12 apart. Equal ones count as one level each.
    shares
        Positive, one for each, with sum 1 (to 1e-9); None for equal shares 1/L.

    Raises
    ------
    InvalidInput
        For anything else.
    """

    eigenvalues: tuple[float, ...]
    shares: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        values = _positive("eigenvalues", self.eigenvalues)
        if values.min() < 1e-50 or values.max() > 1e50 or values.max() > WIDEST * values.min():
            raise InvalidInput(
                f"eigenvalues must be between 1e-50 and 1e50 and span at most a factor of {WIDEST:g}, not from "
                f"{values.min():.3g} to {values.max():.3g}"
            )
        object.__setattr__(self, "eigenvalues", tuple(values.tolist()))
        if self.shares is None:
            return
        shares = _positive("shares", self.shares)
        if shares.size != values.size:
            raise InvalidInput(f"shares must be one for each of {values.size} eigenvalues, not {shares.size}")
        if abs(shares.sum() - 1.0) > 1e-9:
            raise InvalidInput(f"shares must have the sum 1, not {shares.sum():.10g}")
        object.__setattr__(self, "shares", tuple((shares / shares.sum()).tolist()))

    @property
    def levels(self) -> int:
        """L."""
        return len(self.eigenvalues)

    @property
    def values(self) -> Array:
        """Eigenvalues (L,)."""
        return np.array(self.eigenvalues)

    @property
    def weights(self) -> Array:
        """Shares (L,)."""
        return np.full(self.levels, 1.0 / self.levels) if self.shares is None else np.array(self.shares)

    @property
    def mean(self) -> float:
        """Σ w λ, the variance of a teacher's pre-activation."""
        return float(self.weights @ self.values)


@dataclass(frozen=True)
class PowerLawSpectrum(Setting):
    """Eigenvalues λ_l ∝ l^−(1+β), l = 1 … L, of mean 1, each for N/L directions (arXiv:2410.09005).

    Parameters
    ----------
    levels : int
        L, how many are distinct; 1 for isotropic data.
    beta : float
        β > 0, with L^(1+β) ≤ 1e12.

    Raises
    ------
    InvalidInput
        For other values.
    """

    levels: int
    beta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", positive_integer("levels", self.levels))
        beta = finite("beta", self.beta)
        if beta <= 0.0:
            raise InvalidInput(f"beta must be greater than 0, not {beta:g}")
        object.__setattr__(self, "beta", beta)
        decades = (1.0 + beta) * np.log10(self.levels)
        if decades > np.log10(WIDEST) + 1e-9:
            raise InvalidInput(
                f"levels^(1 + beta), the ratio of the largest to the smallest eigenvalue, must be {WIDEST:g} or less, "
                f"not 10^{decades:.1f}"
            )

    @property
    def values(self) -> Array:
        """Eigenvalues (L,), descending, of mean 1."""
        values = np.arange(1.0, self.levels + 1.0) ** -(1.0 + self.beta)
        return values / values.mean()

    @property
    def weights(self) -> Array:
        """Shares 1/L (L,)."""
        return np.full(self.levels, 1.0 / self.levels)

    @property
    def mean(self) -> float:
        """1."""
        return 1.0

    @property
    def learning_exponent(self) -> float:
        """β/(1+β): the error of a linear network falls as α to the minus this, see :func:`.linear.power_law_window`."""
        return self.beta / (1.0 + self.beta)


def as_spectrum(spectrum: Any) -> Spectrum | PowerLawSpectrum:
    """A spectrum as it is; a list of numbers as eigenvalues of equal shares.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    if is_ours(spectrum, "Spectrum", "PowerLawSpectrum"):
        return spectrum
    if isinstance(spectrum, Iterable) and not isinstance(spectrum, (str, bytes)):
        return Spectrum(spectrum)  # type: ignore[arg-type]
    raise InvalidInput(
        f"spectrum must be a PowerLawSpectrum, a Spectrum, or a list of eigenvalues, not {shown(spectrum)}"
    )


def _positive(name: str, values: ArrayLike) -> Array:
    array = vector(name, values)
    if np.any(array <= 0.0):
        first = int(np.argmax(array <= 0.0))
        raise InvalidInput(f"{name} must be greater than 0, but its entry {first} is {array[first]:g}")
    return array
