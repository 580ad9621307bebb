"""The systems that this house is related to: what each answers, whose it is, and where it lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One line of the list of related systems."""

    name: str
    """As in ``spectralaw.systems.<name>``, or a name in another room."""
    answers: str
    """What it answers, in one line."""
    reference: str
    """Key of :mod:`spectralaw.citations`."""
    arxiv: str
    module: str
    """Where it is imported from."""
    experiment: str
    """What ``spectralaw reproduce`` calls it."""

    @property
    def is_package(self) -> bool:
        """Whether it lives in this room."""
        return self.module == f"spectralaw.systems.{self.name}"


def _here(name: str, answers: str, reference: str, arxiv: str) -> System:
    return System(name, answers, reference, arxiv, f"spectralaw.systems.{name}", name.replace("_", "-"))


SYSTEMS = (
    _here(
        "perceptron",
        "how the test error of a classifier follows the norm of its weights, and laws of its learning curves",
        "damico2025implicit",
        "2505.13230",
    ),
    _here(
        "committee_machine",
        "one-pass SGD of two-layer networks on data with a power-law spectrum: plateaus and exponents",
        "worschech2024analyzing",
        "2410.09005",
    ),
    _here(
        "kernel_rich",
        "what gradient flow from a given scale of the weights converges to, between kernel and rich regime",
        "woodworth2020kernel",
        "2002.09277",
    ),
    _here(
        "gauss_newton",
        "conditioning of the Gauss–Newton matrix, and what limits it: depth, one layer, or the data",
        "zhao2024theoretical",
        "2411.02139",
    ),
    _here(
        "signal_propagation",
        "where signals neither die nor explode, and how deep a network of a given width stays trainable",
        "tamai2023universal",
        "2307.02284",
    ),
    _here(
        "mean_field_resnet",
        "training and generalisation of scaled residual networks of many layers and particles",
        "chen2024generalization",
        "2403.09889",
    ),
    _here(
        "weight_series",
        "training as an exact power series in the step of the weights: how lazy it was",
        "shilton2023gradient",
        "2302.00205",
    ),
    _here(
        "weight_perturbation",
        "which predictions survive any small change of the weights, such as rounding to few bits",
        "tsai2021formalizing",
        "2103.02200",
    ),
    _here(
        "tensor_compression",
        "how far convolutions can be compressed, with a certified error of the output",
        "li2020understanding",
        "2001.05070",
    ),
    System(
        "htmp",
        "heavy-tailed spectra from weak repulsion of eigenvalues, and their fit to weights",
        "hodgkinson2025models",
        "2506.03470",
        "spectralaw.ensembles.htmp",
        "heavy-tails",
    ),
    System(
        "recorder",
        "how the spectra of weights move through training",
        "yunis2024approaching",
        "2408.11804",
        "spectralaw.weights.recorder",
        "spectral-dynamics",
    ),
)
"""All of them, in the order of the documents."""
