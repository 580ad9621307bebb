"""The best model size for a budget, under a fitted law of two variables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spectralaw import _checks
from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.scaling.model import Model
from spectralaw.scaling.records import ComputeOptimal, Estimate


def allocation(model: Model, C: float, flops: float) -> tuple[float, Array, Any]:
    """log N_opt, its gradient in the parameters, and the function itself.

    Least of A N^−α + B (C/(flops N))^−β: log N = (log(αA/βB) + β log(C/flops)) / (α + β).
    """
    law = model.law
    matrix, offset = law.to_user(model.frame)
    tied = law.size == 4
    budget = math.log(C / flops)
    alpha_at, beta_at = 3, 3 if tied else 4

    def function(theta: Array) -> Array:
        carried = theta @ matrix.T + offset
        alpha, beta = carried[..., alpha_at], carried[..., beta_at]
        ratio = np.log(alpha / beta) + carried[..., 1] - carried[..., 2]
        return (ratio + beta * budget) / (alpha + beta)

    value = float(function(model.theta))
    return value, _gradient(function, model.theta), function


def exponent_a(model: Model) -> Estimate:
    """a = β/(α + β): N_opt ∝ C^a."""
    tied = model.law.size == 4
    if tied:
        return Estimate(0.5, 0.5, 0.5, "fixed")

    def function(theta: Array) -> Array:
        return theta[..., 4] / (theta[..., 3] + theta[..., 4])

    band = model.of(float(function(model.theta)), _gradient(function, model.theta), function)
    return Estimate(band.value, float(band.low), float(band.high), model.method)


def compute_optimal(model: Model, C: float, flops: float = 6.0) -> ComputeOptimal:
    """The budget's optimum with its interval, under a fitted law of two variables."""
    if not model.law.two_variables:
        raise InvalidInput("compute_optimal needs a law of N and D, not one of one variable")
    C, flops = _checks.finite("C", C), _checks.finite("flops", flops)
    if C <= 0.0 or flops <= 0.0:
        raise InvalidInput(f"C and flops must be greater than 0, not {C:g} and {flops:g}")
    value, gradient, function = allocation(model, C, flops)
    band = model.of(value, gradient, function)
    n, low, high = math.exp(value), math.exp(band.low), math.exp(band.high)
    d = C / flops / n
    loss = model.predict({"N": n, "D": d})
    return ComputeOptimal(C, n, low, high, d, C / flops / high, C / flops / low, loss, model.method)


def _gradient(function: Any, theta: Array) -> Array:
    """Central differences: the functions are smooth, and rounding (1e-10) is far below any standard error."""
    step = 1e-5 * np.maximum(1.0, np.abs(theta))
    shifts = np.diag(step)
    return (function(theta + shifts) - function(theta - shifts)) / (2.0 * step)
