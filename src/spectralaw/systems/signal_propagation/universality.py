"""Exponents of the classes that the transition of signals is compared with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UniversalityClass:
    """rho* ~ τ^β, depth scale ~ |τ|^(−ν∥), width scale ~ |τ|^(−ν⊥); at criticality rho ~ depth^(−β/ν∥)."""

    name: str
    beta: float
    nu_parallel: float
    nu_perpendicular: float | None
    """None where the class has no such length, or no value of it is kept here."""
    source: str
    """Where the numbers are from, and how sure that is."""

    @property
    def decay(self) -> float:
        """δ = β/ν∥."""
        return self.beta / self.nu_parallel


MEAN_FIELD = UniversalityClass(
    "mean field", 1.0, 1.0, None, "cited: arXiv:2307.02284, for fully connected networks; checked here from the maps"
)
DIRECTED_PERCOLATION = {
    1: UniversalityClass(
        "directed percolation in 1+1 dimensions",
        0.27649,
        1.73385,
        1.09685,
        "cited: arXiv:2307.02284 for β and ν∥, for convolutions; ν⊥ recalled from the literature, not looked up",
    ),
    2: UniversalityClass(
        "directed percolation in 2+1 dimensions", 0.58, 1.29, None, "cited: arXiv:2307.02284, two digits"
    ),
}
"""By the dimension of space that the convolution runs over; not derived here."""
