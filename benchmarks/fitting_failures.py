"""python -m benchmarks.fitting_failures: how the usual ways of fitting fail, measured on made-up data, in a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.optimize import least_squares

import spectralaw as sl
from benchmarks import scaling_peers as peers

_LAW = {"E": 1.82, "A": 480.0, "B": 2085.0, "alpha": 0.348, "beta": 0.366}


def _loss(size, data):
    return _LAW["E"] + _LAW["A"] * size ** -_LAW["alpha"] + _LAW["B"] * data ** -_LAW["beta"]


def mean_of_losses() -> str:
    """The stopping rule of L-BFGS-B looks at the objective, and the mean of Huber losses is small from the start."""
    random = np.random.default_rng(0)
    size = np.exp(random.uniform(np.log(5e7), np.log(1.5e10), 240))
    data = np.exp(random.uniform(np.log(1e9), np.log(3e11), 240))
    loss = _loss(size, data) * np.exp(0.008 * random.standard_t(4, 240))
    fit = sl.fit_scaling_law({"N": size, "D": data}, loss, delta=1e-3, interval="wald", holdout=0)
    starts = np.stack([random.choice(values, 40) for values in peers.GRID.values()], axis=1)
    said = []
    for name, weight in (("sum", 1.0), ("mean", 1.0 / 240)):
        from scipy.optimize import minimize

        def value(theta, weight=weight):
            return peers.objective(theta, np.log(size), np.log(data), np.log(loss), 1e-3, weight)[0]

        with np.errstate(all="ignore"):
            ends = [minimize(value, start, method="L-BFGS-B") for start in starts]
        excess = np.array([end.fun for end in ends]) / weight / fit.objective - 1.0
        best = ends[int(np.argmin(excess))].x
        said.append(
            f"{name}: {np.mean(excess < 1e-3):.0%} of {len(starts)} starts within 0.1 % of the minimum, the best "
            f"{excess.min():+.1e} above it with α = {best[3]:.3f}, β = {best[4]:.3f}"
        )
    found = fit.parameters
    ours = f"ours: α = {found['alpha'].value:.3f}, β = {found['beta'].value:.3f}, from {fit.certificate.starts} starts"
    return f"{'; '.join(said)}; {ours} (true {_LAW['alpha']}, {_LAW['beta']})"


def parabola(sets: int = 300) -> str:
    """IsoFLOP: where α ≠ β the loss is not symmetric in log N, and the vertex of a parabola is not the minimum."""
    random = np.random.default_rng(1)
    alpha, beta, budget = 0.45, 0.25, 1e20
    a, b, e = 400.0, 400.0, 1.7
    best = (alpha * a / (beta * b)) ** (1 / (alpha + beta)) * (budget / 6) ** (beta / (alpha + beta))
    size = best * np.geomspace(0.1, 10.0, 9)
    exact = e + a * size**-alpha + b * (budget / (6 * size)) ** -beta
    u, hits, middle, ours, refused = np.log(size / best), 0, [], 0, 0
    design = np.stack([np.ones(9), u, u**2], axis=1)
    for _ in range(sets):
        y = exact * np.exp(0.002 * random.standard_normal(9))
        c, rss, *_ = np.linalg.lstsq(design, np.log(y), rcond=None)
        cov = rss[0] / 6 * np.linalg.inv(design.T @ design)
        vertex = -c[1] / (2 * c[2])
        gradient = np.array([0.0, -1 / (2 * c[2]), c[1] / (2 * c[2] ** 2)])
        half = stats.t.ppf(0.975, 6) * np.sqrt(gradient @ cov @ gradient)
        hits += abs(vertex) < half
        middle.append(vertex)
        found = sl.isoflop_optimum(size, y)
        refused += not found.status.is_result
        ours += found.status.is_result and found.low <= best <= found.high
    return (
        f"parabola: its 95 % interval holds the right N in {hits / sets:.0%} of {sets} data sets, median N is "
        f"{np.exp(np.median(middle)):.2f} of the right one; sl.isoflop_optimum: {ours / (sets - refused):.0%} "
        f"({refused} refused)"
    )


def across_a_change(sets: int = 60) -> str:
    """Forecast one decade ahead, where the exponent halves at the end of the data."""
    random = np.random.default_rng(2)
    x = np.geomspace(1e3, 1e5, 12)
    kept, same, trusts, reach = 0, 0, [], 1e6
    for _ in range(sets):
        noise = np.exp(0.02 * random.standard_normal(12))
        fit = sl.fit_scaling_law(x, 40.0 * x**-0.5 * noise, law="power", interval="wald")
        made = fit.forecast(reach)
        trusts.append(made.trust)
        kept += made.low <= 40.0 * 1e5**-0.5 * 10**-0.25 <= made.high
        same += made.low <= 40.0 * reach**-0.5 <= made.high
    trust = max(set(trusts), key=trusts.count)
    return (
        f"the 95 % interval holds the truth in {same / sets:.0%} of {sets} data sets if the law goes on, in "
        f"{kept / sets:.0%} if the exponent halves at the end of the data; trust = {trust!r} either way"
    )


def known_curve() -> str:
    """The same with a curve of the equations: the diagonal network goes from n⁻¹ to a rise."""
    task = sl.Task("diagonal", 10**6, 1e3, 1.0, 0.5)
    grid = sl.predict_grid(task, samples=np.geomspace(2e3, 1.5e5, 14))
    fit = sl.fit_scaling_law(grid)
    far = fit.forecast(2e6)
    true = sl.predict(task.replace(samples=2e6)).excess_risk
    return (
        f"fitted for n up to 1.5e5 (exponent {fit.regimes[0].exponent:.2f}), at n = 2e6 {far.value:.2g} "
        f"[{far.low:.2g}, {far.high:.2g}] is forecast ({far.trust}), {true:.2g} is true: "
        f"{true / far.value:.0f} times more"
    )


def _plateau(x, y, start):
    """Users' least squares of log y, by SciPy; (E, A, α) with the amplitude at the middle of the data."""
    u = np.log(x / np.sqrt(x[0] * x[-1]))

    def residuals(theta):
        return np.log(np.maximum(theta[0] + np.exp(theta[1] - theta[2] * u), 1e-300)) - np.log(y)

    return least_squares(residuals, start, method="lm", max_nfev=400).x, residuals


def residual_bootstrap(sets: int = 150, replicates: int = 100) -> str:
    """Residuals of a fit are smaller than the noise, and few of them are no distribution."""
    random = np.random.default_rng(3)
    x = np.geomspace(1.0, 100.0, 8)
    exact = 0.3 + x**-0.5
    held, profile, width = 0, 0, []
    for _ in range(sets):
        y = exact * np.exp(0.01 * random.standard_normal(8))
        theta, residuals = _plateau(x, y, [0.3, -1.15, 0.5])
        r = residuals(theta)
        fitted = y * np.exp(r)
        drawn = [_plateau(x, fitted * np.exp(random.choice(r, 8)), theta)[0][2] for _ in range(replicates)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        held += low <= 0.5 <= high
        ours = sl.fit_scaling_law(x, y, law="plateau", loss="squares", interval="profile", holdout=0)
        end = ours.parameters["alpha"]
        profile += end.low <= 0.5 <= end.high
        width.append((end.high - end.low) / (high - low))
    return (
        f"8 points, 1 % noise: the residual bootstrap's 95 % interval of α holds the right one in {held / sets:.0%} of "
        f"{sets} data sets, the profile in {profile / sets:.0%}, {np.median(width):.1f} times as wide"
    )


def short_range(sets: int = 200) -> str:
    """Half a decade cannot tell a plateau from a small exponent."""
    random = np.random.default_rng(4)
    said = []
    for decades in (0.5, 1.0, 2.0):
        x = np.geomspace(1.0, 10**decades, 12)
        exact = 0.5 + x**-0.4
        alphas = []
        for _ in range(sets):
            y = exact * np.exp(0.01 * random.standard_normal(12))
            alphas.append(_plateau(x, y, [0.5, -0.2 * np.log(10) * decades, 0.4])[0][2])
        status = sl.fit_scaling_law(x, y, law="plateau", interval="wald", holdout=0).status  # pyright: ignore[reportPossiblyUnboundVariable]
        low, high = np.quantile(alphas, [0.1, 0.9])
        said.append(f"{decades:g} decades {low:.2f} to {high:.2f} ({status})")
    return f"α = 0.4 is fitted as (10 % to 90 %, 1 % noise, 12 points): {', '.join(said)}"


def one_line() -> str:
    """Sizes and data in one proportion leave the two terms to guesswork."""
    random = np.random.default_rng(5)
    size = np.geomspace(3e7, 1e10, 12)
    alphas, statuses = [], []
    for _ in range(20):
        loss = _loss(size, 20 * size) * np.exp(0.003 * random.standard_normal(12))
        fit = sl.fit_scaling_law({"N": size, "D": 20 * size}, loss, interval="wald", holdout=0)
        statuses.append(str(fit.status))
        u, v = np.log(size), np.log(20 * size)

        def residuals(theta, u=u, v=v, loss=loss):
            a, b, e, alpha, beta = theta
            return np.logaddexp(np.logaddexp(a - alpha * u, b - beta * v), e) - np.log(loss)

        start = [np.log(_LAW["A"]), np.log(_LAW["B"]), np.log(_LAW["E"]), _LAW["alpha"], _LAW["beta"]]
        with np.errstate(all="ignore"):
            alphas.append(least_squares(residuals, start, method="lm", max_nfev=4000).x[3])
    refused = sum(status != "converged" for status in statuses)
    low, high = np.quantile(alphas, [0.1, 0.9])
    return (
        f"D = 20 N, 12 runs, 0.3 % noise: least squares started at the truth gives α from {low:.2f} to {high:.2f} "
        f"(10 % to 90 % of 20 data sets, true {_LAW['alpha']}); sl.fit_scaling_law refuses {refused} of 20 "
        f"({max(set(statuses), key=statuses.count)})"
    )


CASES: dict[str, Callable[[], str]] = {
    "mean of Huber losses": mean_of_losses,
    "parabola": parabola,
    "across a change of regime": across_a_change,
    "across a change of regime, theory": known_curve,
    "residual bootstrap": residual_bootstrap,
    "short range": short_range,
    "one line of sizes and data": one_line,
}


def main() -> None:
    """Print every case with its time."""
    for name, case in CASES.items():
        begin = time.perf_counter()
        print(f"{name}: {case()} [{time.perf_counter() - begin:.1f} s]\n", flush=True)


if __name__ == "__main__":
    main()
