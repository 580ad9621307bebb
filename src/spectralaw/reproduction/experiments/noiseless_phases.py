"""Phase diagram without noise: figure 4 of arXiv:2509.24882."""

from __future__ import annotations

from spectralaw.figures.phase_maps import caption, draw
from spectralaw.reproduction import phase_maps
from spectralaw.reproduction.experiment import Experiment

EXPERIMENT = Experiment(
    name="noiseless-phases",
    title="Noiseless phase diagram (figure 4 of arXiv:2509.24882)",
    claims=(phase_maps.RATES, phase_maps.SOLVED),
    sizes={
        "quick": {"noise_variance": 0.0, "dimension": 10**8, "points": 41},
        "paper": {"noise_variance": 0.0, "dimension": 10**12, "points": 97},
    },
    compute=phase_maps.compute_all,
    draw=draw,
    judge=phase_maps.judge,
    caption=caption,
)
