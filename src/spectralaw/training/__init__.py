"""Training of networks of finite size on sampled data: the truth that the theory is held against."""

from spectralaw.training.train import train
from spectralaw.training.trained import Trained

__all__ = ["Trained", "train"]
