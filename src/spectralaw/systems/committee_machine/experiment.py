"""Equations against SGD at finite N, exponents against β, plateaus against the number of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.committee_machine.dynamics import integrate
from spectralaw.systems.committee_machine.figure import caption, draw
from spectralaw.systems.committee_machine.linear import leading_error, linear_error
from spectralaw.systems.committee_machine.plateau import Plateau, find_plateau, first_below, plateau_height
from spectralaw.systems.committee_machine.power_law import power_law_window
from spectralaw.systems.committee_machine.setting import CommitteeSetting
from spectralaw.systems.committee_machine.simulation import simulate
from spectralaw.systems.committee_machine.spectrum import PowerLawSpectrum
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

MATCH = "for N = 1,000 and more the mean error of SGD is that of the equations, to its error bar and to 5 %"
BIAS = "the difference of SGD at small N from the equations shrinks like 1/N"
EXPONENT = "the error of a linear network falls as α^(−β/(1+β)), to 0.03 at the largest L for every β, nearer with L"
FEATURES = "and so does that of an erf network that has specialised, to 0.05"
LEADING = "trained on the n leading directions only, the error that remains falls as n^(−β), to 0.1 at the largest n"
ESCAPE = "the plateau is left the sooner, the more distinct eigenvalues there are, and is gone at the largest number"
HEIGHT = "on isotropic data the height of the plateau goes to (π/6 − K arcsin(1/2K))/π as η → 0"

SETTINGS = {
    "erf, K = 2, M = 2": CommitteeSetting(2, 2, PowerLawSpectrum(4, 1.0), 1.5),
    "erf, K = 3, M = 1": CommitteeSetting(3, 1, PowerLawSpectrum(4, 1.0), 0.5, student_overlaps=0.1),
    "linear": CommitteeSetting(1, 1, PowerLawSpectrum(4, 1.0), 1.0, "linear", 0.0, 0.0),
}
TIMES = (1.0, 2.0, 5.0, 10.0)
BIASED = "erf, K = 2, M = 2"
LARGE = 1000
CHANCE = 1e-4  # two-sided, of a point that lies further off
WINDOW = (0.15, 0.35)  # of the logarithm of the power-law window: noise has set in, the last level is far
BETAS = (0.5, 1.0, 1.5, 2.0)
LATER = (0.42, 0.56)  # for erf networks, which specialise first
RATE = 0.5
NETWORKS = ((1.0, 256), (2.0, 128))  # β and L of erf networks
LEVEL = 0.0045  # error below which the plateau is left


def simulated(name: str, sizes: Sequence[tuple[int, int]], times: Sequence[float] = TIMES) -> xarray.Dataset:
    """Mean and standard error of SGD over (N, α) beside the equations, for pairs of N and a number of seeds."""
    import xarray

    setting = SETTINGS[name]
    fine = np.geomspace(min(times), max(times), 40)
    curve = integrate(setting, [*times, *fine])
    theory = curve.generalization_error if curve.status.is_result else np.full(len(times) + 40, np.nan)
    runs = [simulate(setting, times, N, seeds) for N, seeds in sizes]
    dims = ("dimension", "alpha")
    return xarray.Dataset(
        {
            "mean": (dims, np.array([run.mean for run in runs])),
            "standard_error": (dims, np.array([run.standard_error for run in runs])),
            "seeds": ("dimension", [seeds for _, seeds in sizes]),
            "theory": ("alpha", theory[: len(times)]),
            "curve": ("fine", theory[len(times) :]),
        },
        coords={"dimension": [N for N, _ in sizes], "alpha": list(times), "fine": fine},
        attrs={
            "part": "simulation-" + name.replace(", ", "-").replace(" = ", ""),
            "of": name,
            "kind": "simulation",
        },
    )


def exponents(levels: Sequence[int], points: int = 25) -> xarray.Dataset:
    """Exponents over (levels, beta) of the closed form, and curves over the logarithmic window at the largest L."""
    import xarray

    found, curves = np.full((len(levels), len(BETAS)), np.nan), []
    place = np.linspace(0.0, 1.0, points)
    inside = (place >= WINDOW[0]) & (place <= WINDOW[1])
    for j, beta in enumerate(BETAS):
        for i, count in enumerate(levels):
            spectrum = PowerLawSpectrum(count, beta)
            low, high = power_law_window(spectrum, RATE)
            alphas = low * (high / low) ** place
            errors = linear_error(alphas, spectrum, RATE)
            found[i, j] = log_slope(alphas[inside], errors[inside]).value
        curves.append((alphas, errors))
    return xarray.Dataset(
        {
            "exponent": (("levels", "beta"), found),
            "alpha": (("beta", "place"), [alphas for alphas, _ in curves]),
            "error": (("beta", "place"), [errors for _, errors in curves]),
        },
        coords={"levels": list(levels), "beta": list(BETAS), "place": place},
        attrs={"part": "linear-exponents", "kind": "exponents", "learning_rate": RATE},
    )


def feature_exponents(networks: Sequence[tuple[float, int]] = NETWORKS, points: int = 51) -> xarray.Dataset:
    """Learning curves of erf networks, K = M = 2, and their exponents in a later part of the window, by network."""
    import xarray

    place = np.linspace(0.0, 1.0, points)
    inside = (place >= LATER[0]) & (place <= LATER[1])
    rows = np.full((2, len(networks), points), np.nan)
    slopes = np.full(len(networks), np.nan)
    for k, (beta, count) in enumerate(networks):
        spectrum = PowerLawSpectrum(count, beta)
        low, high = power_law_window(spectrum, RATE)
        rows[0, k] = low * (high / low) ** place
        setting = CommitteeSetting(2, 2, spectrum, RATE, student_overlaps=0.1, teacher_overlaps=0.1)
        curve = integrate(setting, rows[0, k])
        if curve.status.is_result:
            rows[1, k] = curve.generalization_error
            slopes[k] = log_slope(rows[0, k][inside], rows[1, k][inside]).value
    return xarray.Dataset(
        {
            "alpha": (("network", "place"), rows[0]),
            "error": (("network", "place"), rows[1]),
            "exponent": ("network", slopes),
            "beta": ("network", [beta for beta, _ in networks]),
            "levels": ("network", [count for _, count in networks]),
        },
        coords={"place": place},
        attrs={"part": "erf-exponents", "kind": "features", "learning_rate": RATE},
    )


def leading(levels: int, trained: Sequence[int]) -> xarray.Dataset:
    """What remains of the error over (beta, trained)."""
    import xarray

    rest = [[leading_error(PowerLawSpectrum(levels, beta), n) for n in trained] for beta in BETAS]
    return xarray.Dataset(
        {"error": (("beta", "trained"), rest)},
        coords={"beta": list(BETAS), "trained": list(trained)},
        attrs={"part": "leading", "kind": "leading", "levels": levels},
    )


def plateaus(levels: Sequence[int], last: float = 3000.0, points: int = 160) -> xarray.Dataset:
    """Curves over (levels, alpha) with escapes and plateaus, and heights on isotropic data over learning rates."""
    import xarray

    alphas = np.geomspace(1.0, last, points)
    rows = np.full((len(levels), points), np.nan)
    marks = np.full((3, len(levels)), np.nan)
    judged = np.zeros(len(levels), dtype=bool)
    for k, count in enumerate(levels):
        curve = integrate(CommitteeSetting(2, 2, PowerLawSpectrum(count, 1.0), 0.1), alphas)
        if not curve.status.is_result:
            continue
        rows[k], judged[k] = curve.generalization_error, True
        stall, escape = find_plateau(alphas, rows[k]), first_below(alphas, rows[k], LEVEL)
        marks[0, k] = np.nan if escape is None else escape
        if isinstance(stall, Plateau):
            marks[1:, k] = stall.height, stall.start
    rates = np.array([0.8, 0.4, 0.2, 0.1])
    heights = []
    for rate in rates:
        curve = integrate(
            CommitteeSetting(2, 2, PowerLawSpectrum(1, 1.0), float(rate), teacher_overlaps=0.0), [40.0 / rate]
        )
        heights.append(float(curve.generalization_error[0]) if curve.status.is_result else np.nan)
    return xarray.Dataset(
        {
            "error": (("levels", "alpha"), rows),
            "escape": ("levels", marks[0]),
            "height": ("levels", marks[1]),
            "start": ("levels", marks[2]),
            "computed": ("levels", judged),
            "isotropic_height": ("learning_rate", heights),
        },
        coords={"levels": list(levels), "alpha": alphas, "learning_rate": rates},
        attrs={
            "part": "plateaus",
            "kind": "plateaus",
            "limit_height": plateau_height(2),
            "learning_rate_of_curves": 0.1,
        },
    )


def _judge_simulation(data: xarray.Dataset) -> list[Claim]:
    from scipy.stats import t

    data = data.transpose("dimension", "alpha", ...)
    name, N = data.attrs["of"], data.dimension.values
    large = N >= LARGE
    difference = data["mean"].values - data.theory.values
    relative = difference / data.theory.values
    spread = data.standard_error.values
    allowed = t.isf(0.5 * CHANCE, data.seeds.values - 1)[:, None] * spread
    claims = []
    if large.any():
        near = (np.abs(difference) <= allowed) & (np.abs(relative) <= 0.05) & (spread > 0.0)
        near = near[large]
        sizes = ", ".join(f"{n:,}" for n in N[large])
        most = float(np.max(np.abs(relative[large])))
        measured = f"{int(near.sum())} of {near.size} points, largest difference {most:.1%}; N = {sizes}"
        claims.append(Claim.of(MATCH, name, measured, bool(near.all())))
    if name != BIASED:
        return claims
    k = int(np.argmax(data.alpha.values))
    small = ~large
    gap, bar = np.abs(relative[small, k]), (spread / data.theory.values)[small, k]
    about = f"{name}, α = {data.alpha.values[k]:g}"
    if not np.all(np.isfinite(gap) & (bar > 0.0)):
        return [*claims, Claim.of(BIAS, about, "points are missing", False)]
    measured = ", ".join(f"{g:.1%} ± {b:.1%}" for g, b in zip(gap, bar, strict=True))
    if small.sum() < 3 or np.any(gap <= 2.0 * bar):
        reason = "three sizes and more with a difference above two error bars are needed"
        return [*claims, Claim.of(BIAS, about, measured, None, reason)]
    slope = log_slope(N[small], gap, bar / gap)
    measured = f"{measured} at N = {', '.join(map(str, N[small]))}: exponent {slope}"
    claims.append(Claim.of(BIAS, about, measured, slope.holds(-1.0) and slope.high < 0.0))
    return claims


def _judge_exponents(data: xarray.Dataset) -> list[Claim]:
    law = -data.beta.values / (1.0 + data.beta.values)
    off = np.abs(data.exponent.values - law)
    listed = ", ".join(f"{v:.3f} ({w:.3f})" for v, w in zip(data.exponent.values[-1], law, strict=True))
    nearer = bool(np.all(off[-1] < off[0]))
    about = f"η = {data.attrs['learning_rate']:g}, β = {', '.join(f'{b:g}' for b in data.beta.values)}"
    measured = f"{listed} at L = {data.levels.values[-1]:,}"
    return [Claim.of(EXPONENT, about, measured, bool(np.all(off[-1] <= 0.03)) and nearer and len(off) > 1)]


def _judge_features(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for beta, count, value in zip(data.beta.values, data.levels.values, data.exponent.values, strict=True):
        law = -beta / (1.0 + beta)
        about = f"K = M = 2, β = {beta:g}, L = {count}"
        claims.append(Claim.of(FEATURES, about, f"{value:.3f} ({law:.3f})", bool(abs(value - law) <= 0.05)))
    return claims


def _judge_leading(data: xarray.Dataset) -> list[Claim]:
    n, errors = data.trained.values, data.error.values
    last = np.log(errors[:, -1] / errors[:, -2]) / np.log(n[-1] / n[-2])
    first = np.log(errors[:, 1] / errors[:, 0]) / np.log(n[1] / n[0])
    beta = data.beta.values
    agrees = bool(np.all(np.abs(last + beta) <= 0.1) and np.all(np.abs(last + beta) <= np.abs(first + beta) + 0.05))
    listed = ", ".join(f"{v:.3f} (−{b:g})" for v, b in zip(last, beta, strict=True)).replace("-", "−")
    return [Claim.of(LEADING, f"L = {data.attrs['levels']:,}", f"{listed} from n = {n[-2]} to {n[-1]}", agrees)]


def _judge_plateaus(data: xarray.Dataset) -> list[Claim]:
    escape, height = data.escape.values, data.height.values
    listed = ", ".join(f"{a:.0f}" for a in escape)
    gone = bool(np.isfinite(height[0]) and np.isnan(height[-1]))
    falls = bool(np.all(np.diff(escape) < 0.0))
    complete = bool(np.all(data.computed.values) and np.all(np.isfinite(data.error.values)))
    agrees = gone and falls and complete
    reason = ""
    if not agrees:
        reason = (
            "curves are missing"
            if not complete
            else "the escape does not fall"
            if not falls
            else "there must be a plateau at the smallest L and none at the largest"
        )
    about = f"K = M = 2, β = 1, η = 0.1, L = {', '.join(map(str, data.levels.values))}"
    claims = [Claim.of(ESCAPE, about, f"error below {LEVEL:g} at α = {listed}", agrees, reason)]
    off = data.isotropic_height.values / data.attrs["limit_height"] - 1.0
    rates = data.learning_rate.values
    ordered = off[np.argsort(-rates)]
    good = bool(np.all(np.diff(np.abs(ordered)) < 0.0) and abs(ordered[-1]) <= 0.03)
    limit = float(ordered[-1] - rates.min() * (ordered[-2] - ordered[-1]) / (np.sort(rates)[1] - rates.min()))
    listed, at = ", ".join(f"{v:+.2%}" for v in off), ", ".join(f"{r:g}" for r in rates)
    measured = f"off by {listed} at η = {at}; {limit:+.2%} in a straight line to η = 0"
    claims.append(Claim.of(HEIGHT, "K = M = 2, L = 1", measured, good and abs(limit) <= 0.002))
    return claims


_JUDGES = {
    "simulation": _judge_simulation,
    "exponents": _judge_exponents,
    "features": _judge_features,
    "leading": _judge_leading,
    "plateaus": _judge_plateaus,
}


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, and every part that is missing as a claim that was not judged."""
    claims = [claim for data in datasets for claim in _JUDGES[data.attrs["kind"]](data)]
    held = {claim.statement for claim in claims}
    lost = [c for c in EXPERIMENT.claims if c not in held]
    return claims + [Claim.of(c, "all", "nothing", None, "its data are missing") for c in lost]


def _compute(
    run: Run,
    sizes: Sequence[tuple[int, int]],
    others: Sequence[tuple[int, int]],
    levels: Sequence[int],
    distinct: Sequence[int],
) -> list[xarray.Dataset]:
    names = list(SETTINGS)
    parts = [
        lambda: simulated(names[0], sizes),
        *(lambda name=name: simulated(name, others) for name in names[1:]),
        lambda: exponents(levels),
        feature_exponents,
        lambda: leading(max(levels), (2, 8, 16, 32)),
        lambda: plateaus(distinct),
    ]
    found = []
    for k, part in enumerate(parts, start=1):
        found.append(part())
        run.advance(k, len(parts))
    return found


SMALL = ((16, 4000), (32, 4000), (64, 2000), (128, 1000))
EXPERIMENT = Experiment(
    name="committee-machine",
    title="One-pass SGD of two-layer networks on power-law data (arXiv:2410.09005)",
    claims=(MATCH, BIAS, EXPONENT, FEATURES, LEADING, ESCAPE, HEIGHT),
    sizes={
        "quick": {
            "sizes": (*SMALL, (1000, 12), (2000, 6), (4000, 3)),
            "others": ((1000, 16),),
            "levels": (64, 512, 4096),
            "distinct": (1, 2, 4, 8, 16, 32, 64),
        },
        "paper": {
            "sizes": (*SMALL, (1000, 64), (2000, 32), (4000, 16)),
            "others": ((1000, 32), (4000, 8)),
            "levels": (64, 512, 4096, 16384),
            "distinct": (1, 2, 4, 8, 16, 32, 64, 128, 256),
        },
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("worschech2024analyzing",),
)
