"""How few terms a convolution needs, with a bound on what the rest was worth: CP decomposition of kernels."""

from __future__ import annotations

from spectralaw.systems.tensor_compression.certificate import Certificate, certificate
from spectralaw.systems.tensor_compression.compress import CompressedNetwork, compress
from spectralaw.systems.tensor_compression.cp import CP, cp
from spectralaw.systems.tensor_compression.generalisation import GeneralisationBound, generalisation_bound
from spectralaw.systems.tensor_compression.layer import CompressedLayer
from spectralaw.systems.tensor_compression.operator_norm import OperatorNorm, operator_norm
from spectralaw.systems.tensor_compression.properties import LayerProperties, properties
from spectralaw.systems.tensor_compression.setting import CompressionSetting
from spectralaw.systems.tensor_compression.weight_file import CompressedWeights, compress_weights

__all__ = [
    "CP",
    "Certificate",
    "CompressedLayer",
    "CompressedNetwork",
    "CompressedWeights",
    "CompressionSetting",
    "GeneralisationBound",
    "LayerProperties",
    "OperatorNorm",
    "certificate",
    "compress",
    "compress_weights",
    "cp",
    "generalisation_bound",
    "operator_norm",
    "properties",
]
