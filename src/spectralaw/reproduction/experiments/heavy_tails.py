"""Heavy tails from weak repulsion: the ensemble HTMP of arXiv:2506.03470 against matrices drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray
from scipy.special import stdtrit

from spectralaw.ensembles import HTMP, InverseHTMP, fit
from spectralaw.figures.heavy_tails import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run

DENSITY = "eigenvalues of the ensemble follow the limiting density"
TAIL = "inverse eigenvalues fall as z^−(1 + κ(1 − γ)/(2γ)): the weaker the repulsion, the heavier the tail"
FIT = "a fit by likelihood finds the parameters again"
LAWS = ((0.25, 2.0), (0.5, 2.0), (0.5, 6.0), (0.25, 40.0))
TAIL_GAMMA = 0.5
SEED = 2506
_TAIL_SHARE = 0.01  # of the eigenvalues, from which the exponent is read
_NEAR = 0.06  # of α − 1: what is left at this share to the limit, by the law itself, for κ up to 2.5 (0.2 at κ = 8)


def density(eigenvalues: int, matrices: int) -> xarray.Dataset:
    """Histogram of eigenvalues beside the law, and the distance of their distribution functions."""
    edges, counts, laws, distances = [], [], [], []
    for k, (gamma, kappa) in enumerate(LAWS):
        law, rng = HTMP(gamma, kappa), np.random.default_rng([SEED, 0, k])
        x = np.sort(np.concatenate([law.sample(eigenvalues, rng) for _ in range(matrices)]))
        bins = np.linspace(0.0, float(np.quantile(x, 0.995)), 41)
        share = np.histogram(x, bins)[0] / x.size / np.diff(bins)
        distribution = law.cdf(x)
        ranks = np.arange(x.size + 1.0) / x.size
        edges.append(bins)
        counts.append(share)
        laws.append(np.diff(law.cdf(bins)) / np.diff(bins))
        distances.append(max(np.max(ranks[1:] - distribution), np.max(distribution - ranks[:-1])))
    return xarray.Dataset(
        {
            "edges": (("law", "edge"), np.array(edges)),
            "measured": (("law", "bin"), np.array(counts)),
            "predicted": (("law", "bin"), np.array(laws)),
            "distance": ("law", np.array(distances)),
        },
        {"gamma": ("law", [g for g, _ in LAWS]), "kappa": ("law", [k for _, k in LAWS])},
        {"part": "density", "eigenvalues": eigenvalues, "matrices": matrices},
    )


def tails(eigenvalues: int, matrices: int, points: int) -> xarray.Dataset:
    """Exponent of the largest inverse eigenvalues over κ, with the error that as many independent values would have."""
    kappas = np.geomspace(0.4, 2.5, points)
    measured, errors, expected, predicted = [], [], [], []
    for k, kappa in enumerate(kappas):
        law, rng = InverseHTMP(TAIL_GAMMA, float(kappa)), np.random.default_rng([SEED, 1, k])
        z = np.sort(np.concatenate([law.sample(eigenvalues, rng) for _ in range(matrices)]))[::-1]
        count = max(int(_TAIL_SHARE * z.size), 20)
        mean = float(np.mean(np.log(z[: count - 1] / z[count - 1])))
        measured.append(1.0 + 1.0 / mean)
        errors.append(1.0 / mean / np.sqrt(count))
        expected.append(1.0 + 1.0 / mean_excess(law, _TAIL_SHARE))
        predicted.append(law.tail_exponent)
    return xarray.Dataset(
        {
            "measured": ("kappa", measured),
            "error": ("kappa", errors),
            "expected": ("kappa", expected),
            "predicted": ("kappa", predicted),
        },
        {"kappa": kappas},
        {"part": "tail", "eigenvalues": eigenvalues, "matrices": matrices, "gamma": TAIL_GAMMA},
    )


def mean_excess(law: InverseHTMP, share: float) -> float:
    """E[ln z − ln q | z > q] at the q above which this share of z is: ∫ F(x) d ln x/F(1/q) over x < 1/q, x = 1/z."""
    grid = np.linspace(-60.0, 3.0, 20_001) if law.kappa > 0.2 else np.linspace(-400.0, 3.0, 100_001)
    below = law.direct.cdf(np.exp(grid))
    inside = below <= share
    return float(np.trapezoid(below[inside], grid[inside]) / below[inside][-1])


def fits(eigenvalues: int, seeds: int) -> xarray.Dataset:
    """γ, κ and tail exponent fitted to inverse eigenvalues; log likelihood of the fit less that of the truth."""
    laws = LAWS[:3]
    names = ("gamma", "kappa", "tail_exponent", "gain")
    found = np.full((len(names), len(laws), seeds), np.nan)
    for k, (gamma, kappa) in enumerate(laws):
        law = InverseHTMP(gamma, kappa)
        for seed in range(seeds):
            z = law.sample(eigenvalues, np.random.default_rng([SEED, 2, k, seed]))
            one = fit(z, inverse=True)
            if one.status.is_result and one.tail_exponent is not None:
                gain = one.loglik - float(np.sum(law.logpdf(z)))
                found[:, k, seed] = one.gamma, one.kappa, one.tail_exponent, gain
    return xarray.Dataset(
        {f"fitted_{name}": (("law", "seed"), values) for name, values in zip(names, found, strict=True)},
        {
            "gamma": ("law", [g for g, _ in laws]),
            "kappa": ("law", [k for _, k in laws]),
            "tail_exponent": ("law", [InverseHTMP(*law).tail_exponent for law in laws]),
        },
        {"part": "fit", "eigenvalues": eigenvalues},
    )


def judge_density(data: xarray.Dataset) -> list[Claim]:
    """Within the distance that as many independent values would have (eigenvalues repel: theirs is smaller), and
    1/N."""
    size = data.attrs["eigenvalues"] * data.attrs["matrices"]
    allowed = 1.63 / np.sqrt(size) + 1.0 / data.attrs["eigenvalues"]
    return [
        Claim.of(
            DENSITY,
            f"γ = {float(one.gamma):g}, κ = {float(one.kappa):g}",
            f"largest distance of the distribution functions {float(one.distance):.4f}, allowed {allowed:.4f}",
            bool(one.distance < allowed),
        )
        for one in (data.isel(law=k) for k in range(data.sizes["law"]))
    ]


def judge_tails(data: xarray.Dataset) -> list[Claim]:
    """Each exponent within 3 errors of what the law gives at 1 % of the eigenvalues, and that near the limit."""
    claims = []
    for k in range(data.sizes["kappa"]):
        one = {name: float(values[k]) for name, values in data.data_vars.items()}
        close = abs(one["measured"] - one["expected"]) < 3.0 * one["error"]
        near = abs(one["expected"] - one["predicted"]) < _NEAR * (one["predicted"] - 1.0)
        claims.append(
            Claim.of(
                TAIL,
                f"γ = {data.attrs['gamma']:g}, κ = {float(data.kappa[k]):.3g}",
                f"exponent {one['measured']:.3f} ± {one['error']:.3f} at 1 %, the law gives {one['expected']:.3f} "
                f"there, {one['predicted']:.3f} in the limit",
                bool(close and near),
            )
        )
    return claims


def judge_fits(data: xarray.Dataset) -> list[Claim]:
    """The mean tail exponent within the 99 % interval of Student's t and 5 %, and no fit less likely than the truth."""
    claims = []
    for k in range(data.sizes["law"]):
        one = data.isel(law=k)
        alpha = one.fitted_tail_exponent.values
        good = alpha[np.isfinite(alpha)]
        fits = f"{good.size} fits of " if good.size < alpha.size else ""
        about = f"γ = {float(one.gamma):g}, κ = {float(one.kappa):g}, {fits}{alpha.size} matrices"
        if good.size < max(2, alpha.size // 2):
            claims.append(Claim.of(FIT, about, f"{good.size} fits", None, "too few fits converged"))
            continue
        true, mean, error = float(one.tail_exponent), float(good.mean()), float(good.std(ddof=1) / np.sqrt(good.size))
        gain = float(np.min(one.fitted_gain.values[np.isfinite(alpha)]))
        measured = (
            f"tail exponent {mean:.3f} ± {error:.3f} for {true:g}, κ {np.nanmedian(one.fitted_kappa.values):.2f}, "
            f"γ {np.nanmedian(one.fitted_gamma.values):.3f}; log likelihood at least {gain:+.2f} of the truth's"
        )
        allowed = float(stdtrit(good.size - 1, 0.995)) * error + 0.05 * (true - 1.0)
        agrees = abs(mean - true) < allowed and gain > -0.2
        claims.append(Claim.of(FIT, about, measured, agrees))
    return claims


_JUDGES = {"density": judge_density, "tail": judge_tails, "fit": judge_fits}


def _compute(run: Run, eigenvalues: int, matrices: int, points: int, seeds: int) -> list[xarray.Dataset]:
    parts = (
        lambda: density(eigenvalues, matrices),
        lambda: tails(eigenvalues, matrices, points),
        lambda: fits(eigenvalues, seeds),
    )
    return run.parts(parts)


def _judge(datasets: Sequence[Any]) -> list[Claim]:
    return [claim for data in datasets for claim in _JUDGES[data.attrs["part"]](data)]


EXPERIMENT = Experiment(
    name="heavy-tails",
    title="Heavy-tailed spectra from weak repulsion (HTMP, arXiv:2506.03470)",
    claims=(DENSITY, TAIL, FIT),
    sizes={
        "quick": {"eigenvalues": 400, "matrices": 60, "points": 7, "seeds": 6},
        "paper": {"eigenvalues": 1000, "matrices": 400, "points": 13, "seeds": 24},
    },
    compute=_compute,
    draw=draw,
    judge=_judge,
    caption=caption,
    references=("hodgkinson2025models",),
)
