"""The minimum of an IsoFLOP curve, where a parabola is biased."""

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling import isoflop_exponent

E, A, B, ALPHA, BETA = 1.8, 480.0, 2100.0, 0.45, 0.25


def best(budget):
    return (ALPHA * A / BETA / B) ** (1 / (ALPHA + BETA)) * (budget / 6.0) ** (BETA / (ALPHA + BETA))


def losses(sizes, budget, sigma=0.0, random=None):
    clean = E + A * sizes**-ALPHA + B * (budget / 6.0 / sizes) ** -BETA
    return clean if random is None else clean * np.exp(sigma * random.standard_normal(len(sizes)))


@pytest.mark.statistical
@pytest.mark.parametrize("factor", [4.0, 10.0])
def test_cubic_covers_where_a_parabola_does_not(factor):
    budget, random = 1e20, np.random.default_rng(0)
    sizes = best(budget) * np.geomspace(1.0 / factor, factor, 9)
    covered, parabola, count = 0, 0, 0
    for _ in range(300):
        y = losses(sizes, budget, 0.002, random)
        found = sl.isoflop_optimum(sizes, y)
        if not found.status.is_result:
            continue
        count += 1
        covered += found.low < best(budget) < found.high
        u = np.log(sizes / best(budget))
        (c, b, _), cov = np.polyfit(u, np.log(y), 2, cov=True)
        gradient = np.array([b / (2 * c**2), -1 / (2 * c), 0.0])
        parabola += abs(b / (2 * c)) < 2.447 * np.sqrt(gradient @ cov @ gradient)
    assert count > 200 and 0.9 <= covered / count <= 0.985
    assert parabola / count < (0.9 if factor == 4.0 else 0.05)


def test_exponent_over_budgets():
    budgets, random = np.geomspace(1e18, 1e21, 7), np.random.default_rng(1)
    optima = []
    for budget in budgets:
        sizes = best(budget) * np.geomspace(0.2, 5.0, 9)
        optima.append(sl.isoflop_optimum(sizes, losses(sizes, budget, 0.001, random)))
    slope = isoflop_exponent(budgets, optima)
    assert slope.low < BETA / (ALPHA + BETA) < slope.high and slope.high - slope.low < 0.1
    with pytest.raises(sl.InvalidInput, match="3 budgets"):
        isoflop_exponent(budgets[:2], optima[:2])


@pytest.mark.parametrize(
    "factors, status",
    [
        (np.geomspace(2.0, 20.0, 8), "no_interior_minimum"),
        (np.geomspace(0.05, 0.5, 8), "no_interior_minimum"),
        (np.geomspace(0.3, 3.0, 4), "too_few_points"),
    ],
)
def test_refusals(factors, status):
    sizes = best(1e20) * factors
    found = sl.isoflop_optimum(sizes, losses(sizes, 1e20))
    assert found.status == status and found.N is None and "N" not in found.to_dict()
    good = best(1e20) * np.geomspace(0.2, 5.0, 8)
    assert sl.isoflop_optimum(good, losses(good, 1e20)).status == "converged"


def test_noise_alone_has_no_minimum():
    random = np.random.default_rng(0)
    sizes = np.geomspace(1e7, 1e9, 8)
    refused = [sl.isoflop_optimum(sizes, np.exp(0.01 * random.standard_normal(8))).status for _ in range(100)]
    assert np.mean([status == "no_interior_minimum" for status in refused]) > 0.85
