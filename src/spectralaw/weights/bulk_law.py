"""The law behind the bulk of a reading, to draw it over the histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.row import MatrixReading

Array = NDArray[np.float64]

_FLAT = 0.1  # spread of a variance profile up to which Marchenko–Pastur is drawn for it


def bulk_law(row: MatrixReading, points: int = 300) -> tuple[Array, Array] | None:
    """Places, and expected number of bulk values per unit of place; None where the law is not one of a few numbers.

    Places are singular values of a matrix, or eigenvalues where those were given: the cut semicircle then. A variance
    profile that is not flat has a law of its own, which its spread alone does not determine.
    """
    bulk = row.bulk
    if bulk is None or row.singular_values is None:
        return None
    count = len(row.singular_values) - int(row.spikes or 0)
    if row.kind == "eigenvalues":
        from spectralaw.ensembles.semicircle import CutSemicircle

        if bulk.effective_noise is None or bulk.threshold is None or bulk.effective_noise <= 0:
            return None
        semicircle = CutSemicircle(bulk.effective_noise, bulk.threshold)
        places = np.linspace(0.0, semicircle.edge, points + 1)[1:]
        return places, count * semicircle.pdf(places)
    if bulk.noise_std is None or bulk.noise_std <= 0 or bulk.profile_spread is None or bulk.profile_spread > _FLAT:
        return None
    from spectralaw.ensembles.marchenko_pastur import MarchenkoPastur

    p = len(row.singular_values)
    n = int(np.prod(row.shape)) // p
    law = MarchenkoPastur(p / n, bulk.noise_std**2)
    low, high = (np.sqrt(n * edge) for edge in law.support)
    places = np.linspace(low, high, points)
    return places, count * law.pdf(places**2 / n) * 2.0 * places / n
