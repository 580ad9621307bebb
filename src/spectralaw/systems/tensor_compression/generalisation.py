"""What few parameters say of the error on new data: a bound that is proved here, and the order that the paper gives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import prod
from typing import Any

from spectralaw._checks import finite, is_ours, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue


@dataclass(frozen=True, repr=False, eq=False)
class GeneralisationBound(ByValue, Shown):
    """Share of wrong predictions on new data, bounded from that on the training data."""

    verified: float
    """training_error + √((b P ln 2 + Σ_k ln c_k + ln 1/δ) / 2m): holds with probability 1 − δ, as derived below."""
    recalled: float
    """√(P/m), the order of the paper's bound as we recall it, without logarithms, constants and cushions: no bound."""
    training_error: float
    parameters: int
    samples: int
    bits: int
    confidence: float

    @property
    def vacuous(self) -> bool:
        """Whether it says no more than that at most all predictions are wrong."""
        return self.verified >= 1.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "vacuous": self.vacuous}

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Generalisation of {self.parameters:,} parameters of {self.bits} bits", [
            ("samples", f"{self.samples:,}"),
            ("training error", number(self.training_error)),
            (f"at most, {self.confidence:.3g}", number(self.verified) + (" (vacuous)" if self.vacuous else "")),
            ("order of the paper", f"{number(self.recalled)} (recalled, not checked)"),
        ]


def generalisation_bound(
    network: Any, samples: int, training_error: float = 0.0, *, bits: int = 32, confidence: float = 0.95
) -> GeneralisationBound:
    """Bound of the error rate of a compressed network on new samples of the same law.

    P numbers of b bits each make at most 2^(bP) networks; which terms each of the L layers has is one of Π c_k choices,
    c_k being the ranks that save parameters, or none. Hoeffding's inequality for one network, with the probability δ
    shared out over all of them, gives √((b P ln 2 + Σ ln c_k + ln 1/δ) / 2m) above the error on the m training
    samples, for every network of the class at once, and so for the one that training and compression chose.

    Parameters
    ----------
    network : CompressedNetwork or int
        What was compressed; or the number P of its parameters, if they alone were free.
    samples : int
        m, independent, on which it was trained.
    training_error : float
        Share of them that the compressed network itself gets wrong, its numbers rounded to ``bits``; 0 to 1.
    bits : int
        Of each stored number.
    confidence : float
        1 − δ, between 0 and 1. Shapes and bits must have been fixed before the data were seen.

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    arXiv:2001.05070 asks the question; the inequality is the elementary one, derived here.
    """
    if is_ours(network, "CompressedNetwork"):
        parameters = network.parameters
        choices = sum(math.log(_choices(layer.shape, layer.parameters_before)) for layer in network.layers)
    else:
        parameters, choices = positive_integer("network", network), 0.0
    count, width = positive_integer("samples", samples), positive_integer("bits", bits)
    wrong, level = finite("training_error", training_error), finite("confidence", confidence)
    if not 0.0 <= wrong <= 1.0:
        raise InvalidInput(f"training_error must be from 0 to 1, not {wrong:g}")
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"confidence must be between 0 and 1, not {level:g}")
    log_count = width * parameters * math.log(2.0) + choices - math.log1p(-level)
    return GeneralisationBound(
        wrong + math.sqrt(log_count / (2.0 * count)),
        math.sqrt(parameters / count),
        wrong,
        parameters,
        count,
        width,
        level,
    )


def _choices(shape: tuple[int, ...], before: int) -> int:
    """Numbers of terms that save parameters, and the layer as it is."""
    outputs, inputs, *rest = shape
    return 1 + before // (outputs + inputs + (prod(rest) + 1 if rest else 1))
