"""What the theory of many dimensions says of the perceptron at a norm, and at the best norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure
from spectralaw.results import Status
from spectralaw.systems.perceptron.averages import Array, log_strength
from spectralaw.systems.perceptron.inputs import back, broadcast
from spectralaw.systems.perceptron.saddle_point import equations, slopes, solve

TOLERANCE = 1e-9
"""Of the residuals; those of what is solved are near 1e-14."""
_FLAT = 1e-7  # slope at a minimum, over how much it changes from λ_opt/2 to 2 λ_opt
_BRACKET = 0.7  # of log λ to each side of the first guess


@dataclass(frozen=True, repr=False)
class ReplicaSymmetric(Shown):
    """The perceptron of least loss at a norm; numbers for one pair (alpha, weight_norm), else arrays of their shape."""

    alpha: Any
    weight_norm: Any
    generalization_error: Any
    """ε, the share of new inputs that are classified otherwise than by the teacher; NaN where not converged."""
    overlap: Any
    """R, cosine between weights and teacher: ε = arccos(R)/π."""
    log_x: Any
    """Logarithm of x, by which margins respond; x itself overflows on the way to maximal stability."""
    slope: Any
    """d log ε / d log λ."""
    residual: Any
    """The larger relative residual of the two equations, by integrals twice as fine as those they were solved with."""
    converged: Any
    """Where the residual is below 1e-9."""
    status: Status
    """``converged`` if all are."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        title = "Perceptron of fixed norm, many dimensions"
        worst = float(np.max(self.residual))
        pairs = [("status", f"{self.status} (residual {worst:.1e})")]
        for name, label in (
            ("alpha", "samples per dimension α"),
            ("weight_norm", "norm λ"),
            ("generalization_error", "test error ε"),
            ("overlap", "overlap R"),
        ):
            pairs.append((label, _words(getattr(self, name))))
        return title, pairs


def rs_perceptron(alpha: Any, weight_norm: Any) -> ReplicaSymmetric:
    """Test error of a perceptron that minimises the logistic loss at a fixed norm of its weights.

    Inputs x ~ N(0, 1) in N dimensions, labels sign(w*·x), αN samples. The weights minimise Σ log(1 + e^{−2λΔ}) over
    the sphere |w|² = N, Δ = y w·x/√N; λ plays the norm of the weights of a network without constraint. With
    D = t + x (1 − tanh λD) and N → ∞,

        1 − R² = 2α ∫Dt Φ(Rt/√(1−R²)) (D − t)²,      R = α √(2/π) E_{t ~ N(0, 1−R²)} (D − t),      ε = arccos(R)/π.

    The solution is followed from Hebb's rule (λ → 0) in log λ by predictor and Newton steps with exact slopes.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.
    weight_norm : float or array_like
        λ = |w|/√N, greater than 0; towards 0 lies Hebb's rule, towards infinity maximal stability. The two are
        broadcast against each other. The loss is that of twice the margin: what others call the logistic loss,
        log(1 + e^{−m}), has weights twice as long.

    Returns
    -------
    ReplicaSymmetric
        With a residual for each pair; entries that are not converged are NaN and the status says so. Measured on
        α = 1e-4 … 1e6, λ = 1e-6 … 1e8: all converge, with residuals below 1e-13.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0, and shapes that do not go together.

    References
    ----------
    arXiv:2505.13230.
    """
    (a, norm), shape = broadcast(alpha=alpha, weight_norm=weight_norm)
    log_alpha = np.log(a)
    with np.errstate(all="ignore"):  # what does not converge ends in NaN, and is told
        state, good = solve(log_alpha, np.log(norm))
        residual = np.abs(equations(log_alpha, state, fineness=2).values).max(axis=1)
        along = slopes(log_alpha, state)[:, 0]
        good &= residual <= TOLERANCE
        y = np.where(good, state.log_ratio, np.nan)
        x = log_strength(state.log_force) - np.log(4.0) - state.log_norm
        angle = np.arctan(np.exp(-y))
        slope = -np.sin(angle) * np.cos(angle) / angle * along
    residual = np.where(np.isfinite(residual), residual, np.inf)
    fields = (a, norm, angle / np.pi, np.cos(angle), np.where(good, x, np.nan), slope, residual)
    return ReplicaSymmetric(
        *(back(values, shape) for values in fields),
        converged=bool(good[0]) if shape == () else good.reshape(shape),
        status=Status.CONVERGED if np.all(good) else Status.NOT_CONVERGED,
    )


@dataclass(frozen=True, repr=False)
class TunedPerceptron(Shown):
    """The norm of least test error; numbers for one ``alpha``, else arrays of its shape."""

    alpha: Any
    weight_norm: Any
    """λ_opt."""
    generalization_error: Any
    slope: Any
    """d log ε / d log λ there, zero at a minimum."""
    slope_below: Any
    """The same at λ_opt/2: negative at a minimum."""
    slope_above: Any
    """The same at 2 λ_opt: positive at a minimum."""
    residual: Any
    """Of the equations, at λ_opt."""
    converged: Any
    status: Status

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        slope = float(np.max(np.abs(self.slope)))
        return "Perceptron of the best norm, many dimensions", [
            ("status", f"{self.status} (slope {slope:.1e})"),
            ("samples per dimension α", _words(self.alpha)),
            ("best norm λ", _words(self.weight_norm)),
            ("test error ε", _words(self.generalization_error)),
        ]


def tuned_perceptron(alpha: Any) -> TunedPerceptron:
    """The norm at which the test error of :func:`rs_perceptron` is least, and that error.

    It is where the exact slope d log ε / d log λ vanishes, between a norm where it is negative and one where it is
    positive. λ_opt/α tends to 0.8836 for many samples, λ_opt/√α to 0.996 for few. The error there is not that of
    :func:`bayes_error`, but 0.05 to 0.063 % above it for α ≥ 5.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    TunedPerceptron

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.

    References
    ----------
    arXiv:2505.13230.
    """
    (a,), shape = broadcast(alpha=alpha)
    guess = 0.5 * np.log(a + (0.885 * a) ** 2)
    low, high = guess - _BRACKET, guess + _BRACKET
    at_low, at_high = _slope(a, low), _slope(a, high)
    for _ in range(40):  # until a minimum lies between
        short, long = ~(at_low < 0.0), ~(at_high > 0.0)
        if not np.any(short | long):
            break
        low, high = np.where(short, low - _BRACKET, low), np.where(long, high + _BRACKET, high)
        at_low = np.where(short, _slope(a, low), at_low)
        at_high = np.where(long, _slope(a, high), at_high)
    best = _root(lambda x: _slope(a, x), low, high, at_low, at_high)
    here = rs_perceptron(a, np.exp(best))
    below, above = _slope(a, best - np.log(2.0)), _slope(a, best + np.log(2.0))
    good = here.converged & (np.abs(here.slope) <= _FLAT * (above - below)) & (below < 0.0) & (above > 0.0)
    hidden = [np.where(good, values, np.nan) for values in (np.exp(best), here.generalization_error)]
    fields = (a, *hidden, here.slope, below, above, here.residual)
    return TunedPerceptron(
        *(back(values, shape) for values in fields),
        converged=bool(good[0]) if shape == () else good.reshape(shape),
        status=Status.CONVERGED if np.all(good) else Status.NOT_CONVERGED,
    )


def optimal_norm(alpha: Any) -> Any:
    """The norm of least test error; :func:`tuned_perceptron` with nothing but the norm.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    float or ndarray
        λ_opt, in the shape of ``alpha``.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.
    ConvergenceFailure
        Where the minimum is not certified.

    References
    ----------
    arXiv:2505.13230.
    """
    tuned = tuned_perceptron(alpha)
    if not tuned.status.is_result:
        lost = np.ravel(tuned.alpha)[~np.ravel(tuned.converged)]
        raise ConvergenceFailure(f"the norm of least test error was not certified at alpha = {lost[0]:g}")
    return tuned.weight_norm


def _slope(alpha: Array, log_norm: Array) -> Array:
    """d log ε / d log λ; NaN where not converged."""
    return np.asarray(rs_perceptron(alpha, np.exp(log_norm)).slope)


def _root(function, low: Array, high: Array, at_low: Array, at_high: Array) -> Array:
    """Roots between ends of different signs, by Chandrupatla's method, all at once."""
    a, b, c = high.copy(), low.copy(), high.copy()
    fa, fb, fc = at_high.copy(), at_low.copy(), at_high.copy()
    t = np.full(a.shape, 0.5)
    for _ in range(60):
        x = a + t * (b - a)
        fx = function(x)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        closer = np.abs(fa) < np.abs(fb)
        best = np.where(closer, a, b)
        width = 4e-15 * np.maximum(np.abs(best), 1.0) / np.maximum(np.abs(b - a), 1e-300)
        if np.all((width > 0.5) | (np.minimum(np.abs(fa), np.abs(fb)) == 0.0) | ~np.isfinite(fx)):
            break
        with np.errstate(all="ignore"):
            xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
            inverse = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
            smooth = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        t = np.where(smooth & np.isfinite(inverse), inverse, 0.5)
        t = np.clip(t, np.minimum(width, 0.5), np.maximum(1.0 - width, 0.5))
    return np.where(np.abs(fa) < np.abs(fb), a, b)


def _words(values: Any) -> str:
    array = np.asarray(values)
    if array.ndim == 0:
        return number(float(array))
    return f"{array.size} from {number(float(array.min()))} to {number(float(array.max()))}, shape {array.shape}"


__all__ = ["ReplicaSymmetric", "TunedPerceptron", "optimal_norm", "rs_perceptron", "tuned_perceptron"]
