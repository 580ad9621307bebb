"""The usual ways of doing the same work, written as their users would."""

from __future__ import annotations

import numpy as np


def monte_carlo_fixed_point(teacher, samples, weight_decay, noise_variance, matrices=10, seed=0):
    """The quadratic state evolution by sampled matrices S* + δ Z and a general root finder; returns (R, status)."""
    from scipy.linalg import eigh
    from scipy.optimize import root

    d = len(teacher)
    alpha, rng = samples / d**2, np.random.default_rng(seed)
    noises = []
    for _ in range(matrices):
        g = rng.standard_normal((d, d))
        noises.append((g + g.T) / np.sqrt(2.0 * d))

    def moments(delta, c):
        mse = divergence = 0.0
        for z in noises:
            values, vectors = eigh(np.diag(teacher) + delta * z)
            kept = np.maximum(values - c, 0.0)
            estimate = (vectors * kept) @ vectors.T
            mse += np.sum((estimate - np.diag(teacher)) ** 2) / d / matrices
            divergence += np.sum(estimate * z) / d / delta / matrices  # Stein: ∂₁J/(2 δ)
        return mse, 2.0 * divergence

    def equations(x):
        delta, epsilon = np.exp(x)
        mse, response = moments(delta, weight_decay * epsilon)
        return [
            4.0 * alpha - 1.0 / epsilon - response,
            (mse + noise_variance / 2.0) / (2.0 * alpha * delta**2) - 1.0,
        ]

    start = np.log([np.sqrt((np.mean(teacher**2) + noise_variance / 2.0) / (2.0 * alpha)), 1.0 / (2.0 * alpha)])
    found = root(equations, start, method="hybr", options={"xtol": 1e-6})
    delta = float(np.exp(found.x[0]))
    return 4.0 * alpha * delta**2 - noise_variance, found.success


def torch_network(data, weight_decay, objective, seed=0, rounds=400):
    """The network of width d by L-BFGS with strong Wolfe steps, until an objective; returns what it reached."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    x, y = torch.from_numpy(data.inputs), torch.from_numpy(data.labels)
    d = x.shape[1]
    w = (torch.randn(d, d, generator=generator, dtype=torch.float64) / d**0.25).requires_grad_()
    optimiser = torch.optim.LBFGS([w], lr=1.0, max_iter=20, history_size=20, line_search_fn="strong_wolfe",
                                  tolerance_grad=0.0, tolerance_change=0.0)  # fmt: skip

    def loss():
        h = x @ w.T
        f = ((h**2).sum(1) / d - (w**2).sum() / d) / d**0.5
        return ((y - f) ** 2).sum() + weight_decay * (w**2).sum()

    def closure():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    value = float("inf")
    for _ in range(rounds):
        optimiser.step(closure)
        with torch.no_grad():
            previous, value = value, float(loss())
        if value <= objective or value >= previous:
            break
    return value


def cvxpy_problem(data, weight_decay, solver):
    """The convex form, min Σ (y − Tr S Z)² + λ d Tr S over S ⪰ 0, by a conic solver; returns its objective."""
    import cvxpy

    n, d = data.inputs.shape
    flat = (np.einsum("ni,nj->nij", data.inputs, data.inputs) - np.eye(d)).reshape(n, -1) / np.sqrt(d)
    s = cvxpy.Variable((d, d), PSD=True)
    fit = cvxpy.sum_squares(data.labels - flat @ cvxpy.vec(s, order="C"))
    problem = cvxpy.Problem(cvxpy.Minimize(fit + weight_decay * d * cvxpy.trace(s)))
    tight = {"SCS": {"eps": 1e-6, "max_iters": 20_000}, "CLARABEL": {}}[solver]
    problem.solve(solver=solver, **tight)
    return float(problem.value)


def lasso_path(name, inputs, labels, decays):
    """Coefficients along a path of decays (of ½‖y − Xθ‖² + ρ‖θ‖₁), largest first.

    Tolerances are the largest power of ten at which every relative duality gap of the two benchmarks is below 1e-6;
    scikit-learn is given the Gram matrix, which is its faster way in both.
    """
    n = len(labels)
    alphas = np.asarray(decays) / n
    if name == "scikit-learn":
        from sklearn.linear_model import lasso_path as path

        return path(inputs, labels, alphas=alphas, precompute=True, tol=1e-8, max_iter=100_000)[1]
    if name == "celer":
        from celer import celer_path

        return celer_path(inputs, labels, pb="lasso", alphas=alphas, tol=1e-8, max_iter=1000)[1]
    from skglm import Lasso

    model, coefficients = Lasso(fit_intercept=False, warm_start=True, tol=1e-8, max_iter=1000), []
    for alpha in alphas:
        model.alpha = alpha
        coefficients.append(model.fit(inputs, labels).coef_.copy())
    return np.array(coefficients).T
