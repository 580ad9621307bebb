"""What pruning at the edge of the bulk would do to the excess risk, by theory."""

from __future__ import annotations

import numpy as np

from spectralaw._checks import ours, shown
from spectralaw.errors import InvalidInput
from spectralaw.results import Pruned, Status
from spectralaw.state_evolution.equations import evaluator
from spectralaw.theory.prediction import Prediction


def predict_pruning(prediction: Prediction) -> Pruned:
    """Excess risk after pruning, by theory: the same noise, thresholded at max(c, 2δ).

    Parameters
    ----------
    prediction : Prediction
        Of a quadratic network; must be a result.

    Raises
    ------
    InvalidInput
        For the diagonal network, whose noise has no edge, or a prediction that did not converge.

    References
    ----------
    arXiv:2509.24882, corollary 2.
    """
    task = ours("prediction", prediction, "Prediction").task
    if task.network != "quadratic":
        raise InvalidInput(
            "pruning at the edge of the bulk needs network='quadratic', not 'diagonal': its noise has no edge"
        )
    if not prediction.status.is_result:
        raise InvalidInput(f"prediction must have converged, not {shown(prediction.message)}")
    noise, threshold = prediction.effective_noise, prediction.threshold
    if prediction.status is Status.COLLAPSED or threshold >= 2.0 * noise:
        kept = round((1.0 - prediction.zero_mass) * task.dimension)
        return Pruned(prediction.excess_risk, prediction.excess_risk, 0.0, kept)
    edge = 2.0 * noise
    channel = evaluator(task)(np.array([noise]), np.array([edge]))
    kept = round(float(channel.survivors[0]))
    return Pruned(prediction.excess_risk, float(channel.risk[0]), edge - threshold, kept)
