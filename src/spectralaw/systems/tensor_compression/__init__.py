"""How few terms a convolution needs, with a bound on what the rest was worth: CP decomposition of kernels."""

from __future__ import annotations

from spectralaw.systems.tensor_compression.certificate import Certificate, certificate
from spectralaw.systems.tensor_compression.cp import CP, cp
from spectralaw.systems.tensor_compression.operator_norm import OperatorNorm, operator_norm

__all__ = ["CP", "Certificate", "OperatorNorm", "certificate", "cp", "operator_norm"]
