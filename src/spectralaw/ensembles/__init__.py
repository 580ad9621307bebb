"""Laws of eigenvalues: Marchenko–Pastur, Tracy–Widom, the cut semicircle, HTMP. They know no network and no file."""

from spectralaw.ensembles.htmp import HTMP
from spectralaw.ensembles.htmp_fit import HTMPFit, fit
from spectralaw.ensembles.inverse_htmp import InverseHTMP
from spectralaw.ensembles.marchenko_pastur import MarchenkoPastur
from spectralaw.ensembles.semicircle import CutSemicircle
from spectralaw.ensembles.separable import Edge, SeparableNoise
from spectralaw.ensembles.tracy_widom import TracyWidom

__all__ = [
    "HTMP",
    "CutSemicircle",
    "Edge",
    "HTMPFit",
    "InverseHTMP",
    "MarchenkoPastur",
    "SeparableNoise",
    "TracyWidom",
    "fit",
]
