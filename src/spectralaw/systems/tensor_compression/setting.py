"""What is asked of a compression."""

from __future__ import annotations

from dataclasses import dataclass

from spectralaw._checks import choice, finite, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.setting import Setting

GUARANTEES = ("typical", "certified")


@dataclass(frozen=True)
class CompressionSetting(Setting):
    """Tolerance of a compression, and how long a rank is searched for.

    Parameters
    ----------
    error : float
        Tolerated relative error ε of the output, between 0 and 1.
    guarantee : {"typical", "certified"}
        What must be within ε: ‖ΔM‖_F/‖M‖_F, the root-mean-square relative error on white inputs; or a bound for
        every input (‖ΔM‖/‖M‖ as operators for a single layer; the whole output of a network).
    starts, sweeps : int
        Starts of the first rank tried, and sweeps of alternating least squares for each rank. More may find smaller
        ranks; what is found is certified either way.
    seed : int
        Of random starts and of white inputs.
    """

    error: float = 0.01
    guarantee: str = "typical"
    starts: int = 2
    sweeps: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        error = finite("error", self.error)
        if not 1e-7 <= error < 1.0:  # below, 64-bit Gram matrices cannot tell
            raise InvalidInput(f"error must be from 1e-7 to below 1, not {error:g}")
        object.__setattr__(self, "error", error)
        choice("guarantee", self.guarantee, GUARANTEES)
        for name in ("starts", "sweeps"):
            object.__setattr__(self, name, positive_integer(name, getattr(self, name)))
        object.__setattr__(self, "seed", whole("seed", self.seed))
