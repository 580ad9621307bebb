"""Scaled residual networks of many layers and particles: their limits, their training, and how well they generalise.

    from spectralaw.systems import mean_field_resnet as mf
    network = mf.ScaledResNet.initial(mf.ResNetSetting(dimension=5, layers=10, particles=32, beta=4.0))
    path = mf.train(network, x, y, time=20.0)              # loss, Gram eigenvalues, KL of the particles
    mf.kl_ball_rademacher(network.features(x), radius=0.1)

arXiv:2403.09889.
"""

from spectralaw.systems.mean_field_resnet.depth import DepthError, SmoothParticles, depth_error
from spectralaw.systems.mean_field_resnet.divergence import (
    Divergence,
    gaussian_divergence,
    moved_divergence,
    neighbour_divergence,
)
from spectralaw.systems.mean_field_resnet.generalisation import Gap, generalisation_bound, generalisation_gap
from spectralaw.systems.mean_field_resnet.gram import Gram, gram
from spectralaw.systems.mean_field_resnet.network import Gradients, ScaledResNet
from spectralaw.systems.mean_field_resnet.rademacher import Complexity, kl_ball_rademacher
from spectralaw.systems.mean_field_resnet.record import TrainingPath
from spectralaw.systems.mean_field_resnet.setting import ResNetSetting
from spectralaw.systems.mean_field_resnet.training import train
from spectralaw.systems.mean_field_resnet.width import WidthFluctuation, width_fluctuation, width_std

__all__ = [
    "Complexity",
    "DepthError",
    "Divergence",
    "Gap",
    "Gradients",
    "Gram",
    "ResNetSetting",
    "ScaledResNet",
    "SmoothParticles",
    "TrainingPath",
    "WidthFluctuation",
    "depth_error",
    "gaussian_divergence",
    "generalisation_bound",
    "generalisation_gap",
    "gram",
    "kl_ball_rademacher",
    "moved_divergence",
    "neighbour_divergence",
    "train",
    "width_fluctuation",
    "width_std",
]
