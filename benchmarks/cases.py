"""The work that is timed."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator

import numpy as np

import spectralaw as sl
from benchmarks import peers
from benchmarks.report import Row, missing, versus
from benchmarks.scaling import scaling_laws
from benchmarks.timing import Times, measure, process
from benchmarks.weights import weights


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def start() -> Iterator[Row]:
    """Import, help, and the first prediction of a process."""
    one = "import spectralaw as sl; sl.predict(sl.Task('quadratic', 400, 20000, 1.0, 0.5))"
    for work, arguments, most in (
        ("`import spectralaw`, new process less `python -c pass`", ("-c", "import spectralaw"), 0.2),
        ("`spectralaw --help`", ("-m", "spectralaw", "--help"), 0.3),
        ("first prediction in a new process", ("-c", one), 2.0),
    ):
        times = process(*arguments)
        seconds = times.warm - (process("-c", "pass").warm if "less" in work else 0.0)
        yield Row(work, seconds, times.cold, target=f"< {most:g} s", met=seconds < most)


def single() -> Iterator[Row]:
    """One quadratic state evolution with its teacher values as given."""
    d, n, decay, noise = 400, 20_000.0, 1.0, 0.5
    values = np.asarray(sl.PowerLaw(1.0).values(d, float(d)))
    task = sl.Task("quadratic", d, n, decay, noise, sl.Empirical(tuple(values)))
    ours = measure(lambda: sl.predict(task).excess_risk, 50)
    theirs = measure(lambda: peers.monte_carlo_fixed_point(values, n, decay, noise), 1, 1.0)
    risk, found = theirs.result
    note = f"R = {ours.result:.6f}, Monte Carlo {risk:.6f}" + ("" if found else ", root finder gave up")
    yield versus("quadratic state evolution, d = 400", ours, "Monte Carlo + eigh + root", theirs.cold, 2000, note)


def maps() -> Iterator[Row]:
    """A phase diagram of 256 × 256 against a loop of single predictions."""
    d, points = 10**6, 256
    rng = np.random.default_rng(0)
    for network in ("diagonal", "quadratic"):
        unit = 1.0 if network == "diagonal" else float(d)
        n = np.maximum(np.geomspace(0.3, d**2.7, points) * unit, 1.0)
        decays = np.geomspace(d**-1.2, d**1.2, points)
        task = sl.Task(network, d, 1e9, 1.0, 0.5, sl.PowerLaw(1.0))
        ours = measure(lambda task=task, n=n, decays=decays: sl.phase_diagram(task, n, decays), 1, 60.0)
        some = rng.integers(points, size=(300, 2))
        loop = measure(
            lambda task=task, n=n, decays=decays, some=some: [
                sl.predict(task.replace(samples=n[i], weight_decay=decays[j])).excess_risk for i, j in some
            ],
            1, 1.0,
        )  # fmt: skip
        solved = ours.result.excess_risk.values
        worst = max(abs(solved[i, j] / risk - 1.0) for (i, j), risk in zip(some, loop.result, strict=True))
        note = (
            f"{int(np.isnan(solved).sum())} unsolved, {points**2 / ours.warm:,.0f} solutions/s, differs by {worst:.0e}"
        )
        yield Row(
            f"phase diagram 256 × 256, {network}, d = 10⁶", ours.warm, ours.cold, "loop of `predict` (300, scaled)",
            loop.cold / len(some) * points**2, "< 15 s", ours.warm < 15.0, note,
        )  # fmt: skip


def dimensions() -> Iterator[Row]:
    """The cost of one prediction from d = 10³ to 10¹²."""
    for network in ("diagonal", "quadratic"):
        power = 1 if network == "diagonal" else 2
        times = {
            d: _prediction_times(sl.Task(network, d, 0.5 * d**power, 1.0, 0.5)) for d in (10**3, 10**6, 10**9, 10**12)
        }
        least, most = min(t.warm for t in times.values()), max(t.warm for t in times.values())
        note = ", ".join(f"10^{math.log10(d):.0f}: {1e3 * t.warm:.2g} ms" for d, t in times.items())
        ratio = most / least
        work = f"{network} prediction, d = 10³ to 10¹², slowest / fastest = {ratio:.2f}"
        yield Row(work, most, times[10**12].cold, target="≤ 2", met=ratio <= 2.0, note=note)


def _prediction_times(task: sl.Task) -> Times:
    return measure(lambda: sl.predict(task).excess_risk, 40)


def quadratic_training() -> Iterator[Row]:
    """Convex training against the network by L-BFGS, and against conic solvers."""
    from spectralaw.training import nuclear
    from spectralaw.training.data import draw
    from spectralaw.training.sensing import Sensing

    def problem(d, n):
        data = draw(sl.Task("quadratic", d, n, 1.0, 0.5), 0)

        def ours():
            found = nuclear.minimise(Sensing(data.inputs), data.labels, float(d))
            return float(found.residual @ found.residual + d * np.sum(found.eigenvalues)), found.gap

        return data, ours

    for n in (20_000, 4_000):
        data, ours = problem(200, n)
        times = measure(ours, 2, 60.0)
        objective, gap = times.result
        work = f"quadratic training, d = 200, n = {n:,}, λ = 1"
        if not _has("torch"):
            yield missing(work, "torch")
            continue
        wanted = objective * (1.0 + 1e-6)
        theirs = measure(lambda data=data, wanted=wanted: peers.torch_network(data, 1.0, wanted), 0)
        note = f"gap {gap:.0e}; torch ended {theirs.result / objective - 1.0:+.0e} from our objective"
        yield versus(work, times, "torch L-BFGS, strong Wolfe", theirs.cold, 5, note)
    for solver, package in (("SCS", "scs"), ("CLARABEL", "clarabel")):
        data, ours = problem(40, 800)
        work = "quadratic training, d = 40, n = 800, λ = 1"
        if not (_has("cvxpy") and _has(package)):
            yield missing(work, f"cvxpy with {solver}")
            continue
        times = measure(ours, 20)
        theirs = measure(lambda data=data, solver=solver: peers.cvxpy_problem(data, 1.0, solver), 0)
        note = f"objectives differ by {theirs.result / times.result[0] - 1.0:+.0e}"
        yield versus(work, times, f"cvxpy with {solver}", theirs.cold, 100, note)


def lasso_paths() -> Iterator[Row]:
    """A path of 50 weight decays of the diagonal network."""
    from spectralaw.training import lasso
    from spectralaw.training.data import draw

    d = 2000
    for n in (1_000, 10_000):
        data = draw(sl.Task("diagonal", d, n, 1.0, 0.5), 0)
        inputs = np.asfortranarray(data.inputs)
        largest = float(np.max(np.abs(inputs.T @ data.labels)))
        decays = np.geomspace(0.9, 1e-2, 50) * largest
        ours = measure(lambda: lasso.minimise_path(inputs, data.labels, decays), 2, 60.0)  # noqa: B023
        gap = max(found.gap for found in ours.result)
        for name, package in (("scikit-learn", "sklearn"), ("celer", "celer"), ("skglm", "skglm")):
            work = f"diagonal training, 50 weight decays, d = 2,000, n = {n:,}"
            if not _has(package):
                yield missing(work, name)
                continue
            theirs = measure(lambda name=name: peers.lasso_path(name, inputs, data.labels, decays), 2, 60.0)  # noqa: B023
            worst = max(
                _lasso_gap(inputs, data.labels, c, decay) for c, decay in zip(theirs.result.T, decays, strict=True)
            )
            yield versus(work, ours, name, theirs.warm, 1, f"largest gap {gap:.0e}, theirs {worst:.0e}")


def _lasso_gap(inputs, labels, coefficients, decay) -> float:
    from spectralaw.training.lasso import relative_gap

    residual = labels - inputs @ coefficients
    correlation = float(np.max(np.abs(inputs.T @ residual)))
    return relative_gap(labels, residual, float(np.abs(coefficients).sum()), decay, correlation)


def free_convolution() -> Iterator[Row]:
    """The density of S* + δ Z at 1,000 points for 2,000 teacher values."""
    from spectralaw.free_probability.subordination import curve

    d, noise = 2000, 0.5
    values = np.asarray(sl.PowerLaw(1.0).values(d, float(d)))
    x = np.linspace(-1.2, 2.5, 1000)
    weights = np.full(d, 1.0 / d)

    def ours():
        return curve(x, values, weights, noise).imag / (np.pi * noise**2)

    times = measure(ours, 5)
    exact = _iterated_density(x[::10], values, noise)
    mistake = lambda density: float(np.max(np.abs(density[::10] - exact)) / exact.max())  # noqa: E731
    g = np.random.default_rng(0).standard_normal((d, d))
    matrix = np.diag(values) + noise * (g + g.T) / np.sqrt(2.0 * d)

    def histogram():
        counts, edges = np.histogram(np.linalg.eigvalsh(matrix), bins=60, range=(x[0], x[-1]))
        return np.interp(x, 0.5 * (edges[1:] + edges[:-1]), counts / d / np.diff(edges))

    work = "density of a free convolution, 2,000 atoms, 1,000 points"
    theirs = measure(histogram, 1)
    note = f"largest error {mistake(times.result):.0e} of the peak, theirs {mistake(theirs.result):.0e}"
    yield versus(work, times, "histogram of eigenvalues", theirs.warm, 10, note)
    if not _has("freealg"):
        yield missing(work, "freealg")
        return

    def by_freealg():
        import freealg

        if not hasattr(np, "trapz"):
            setattr(np, "trapz", np.trapezoid)  # noqa: B010  # its releases still call the old name
        form = freealg.FreeForm(matrix)
        form.fit()
        return np.asarray(form.density(x))

    theirs = measure(by_freealg, 1)
    note = f"largest error {mistake(times.result):.0e} of the peak, theirs {mistake(theirs.result):.0e}"
    yield versus(work, times, "freealg FreeForm", theirs.warm, 10, note)


def _iterated_density(x, values, noise):
    """The plain fixed point g = mean 1/(z − δ² g − s), damped, a hair above the real line: slow, and independent."""
    z, g = x + 1e-7j, np.full(x.shape, -1j / noise)
    for _ in range(4000):
        g = 0.5 * (g + np.mean(1.0 / ((z - noise**2 * g)[:, None] - values), axis=1))
    return -g.imag / np.pi


CASES = {
    "start": start,
    "single": single,
    "maps": maps,
    "dimensions": dimensions,
    "quadratic-training": quadratic_training,
    "lasso-paths": lasso_paths,
    "free-convolution": free_convolution,
    "weights": weights,
    "scaling-laws": scaling_laws,
}
