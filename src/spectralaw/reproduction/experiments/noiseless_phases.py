"""Phase diagram without noise: figure 4 of arXiv:2509.24882."""

from __future__ import annotations

from spectralaw.figures.phase_maps import caption, draw
from spectralaw.reproduction import phase_maps, phase_verdicts
from spectralaw.reproduction.experiment import Experiment

DIMENSIONS = (10**6, 10**8, 10**10, 10**12)
EXPERIMENT = Experiment(
    name="noiseless-phases",
    title="Noiseless phase diagram (figure 4 of arXiv:2509.24882)",
    claims=(phase_verdicts.RATES, phase_verdicts.SOLVED),
    sizes={
        "quick": {"noise_variance": 0.0, "dimension": 10**6, "points": 128, "dimensions": DIMENSIONS},
        "paper": {"noise_variance": 0.0, "dimension": 10**8, "points": 256, "dimensions": DIMENSIONS},
    },
    compute=phase_maps.compute_all,
    draw=draw,
    judge=phase_verdicts.judge,
    caption=caption,
)
