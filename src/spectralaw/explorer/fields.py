"""The fields of a view of the theory: names as in the address, labels, and the range of their sliders."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A number with a slider. The number rules: the slider covers the usual part of what is allowed."""

    name: str
    label: str
    low: float
    high: float
    default: str
    logarithmic: bool = True
    whole: bool = False
    zero: bool = False
    """Whether the left end of a logarithmic slider stands for 0."""
    about: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the slider, in its own units."""
        return (math.log10(self.low), math.log10(self.high)) if self.logarithmic else (self.low, self.high)

    @property
    def step(self) -> float:
        """Step of the slider, in its own units: about 2 % of a number."""
        return 0.01


NUMBERS = {
    field.name: field
    for field in (
        Field("dimension", "dimension d", 2, 1e6, "200", whole=True, about="from 2 to 10^12"),
        Field("samples", "samples n", 1, 1e12, "8000", about="1 or more"),
        Field("weight_decay", "weight decay λ", 1e-4, 1e4, "1", zero=True, about="0 is the limit λ → 0"),
        Field("noise_variance", "noise variance Δ", 1e-4, 1e2, "0.5", zero=True, about="0 or more"),
        Field("gamma", "exponent γ", 0.51, 3.0, "1", logarithmic=False, about="of the teacher's values, s ∝ i^−γ"),
        Field("rank", "rank", 1, 1e4, "5", whole=True, about="number of teacher values that are not 0"),
        Field("width", "width p", 1, 1e6, "", whole=True, about="hidden units; empty: wide enough not to matter"),
        Field("input_exponent", "exponent a", 0.0, 2.0, "0.5", logarithmic=False, about="input variances ∝ i^−a"),
    )
}
"""Fields with a slider, in the order of the page."""

CHOICES = {
    "network": ("quadratic", "diagonal", "both"),
    "teacher": ("PowerLaw", "FiniteRank", "Empirical"),
    "coefficients": ("gaussian", "fixed"),
    "inputs": ("White", "PowerLawInputs", "EmpiricalInputs"),
    "normalize": ("no", "yes"),
    "method": ("convex", "network", "amp"),
}
"""Fields with a few values; the first is the default."""

LISTS = {"spectrum": "teacher values", "input_variances": "input variances"}
"""Fields that hold several numbers."""

WHOLE = {"seeds": "3", "seed": "0"}
"""Whole numbers without a slider: how many networks are trained, and the first seed."""

DEFAULTS = {
    **{name: values[0] for name, values in CHOICES.items()},
    **{name: field.default for name, field in NUMBERS.items()},
    **dict.fromkeys(LISTS, ""),
    **WHOLE,
}
"""What a view shows when its address says nothing, as text."""

ORDER = (
    "network", "dimension", "samples", "weight_decay", "noise_variance", "teacher", "gamma", "rank", "spectrum",
    "normalize", "coefficients", "width", "inputs", "input_exponent", "input_variances", "method", "seeds", "seed",
)  # fmt: skip
"""All fields, in the order in which they stand on the page and in the address."""

OF_TEACHER = {"PowerLaw": ("gamma",), "FiniteRank": ("rank", "gamma"), "Empirical": ("spectrum", "normalize")}
OF_INPUTS = {"White": (), "PowerLawInputs": ("input_exponent",), "EmpiricalInputs": ("input_variances",)}
"""The fields that each kind uses; the others are not looked at."""
