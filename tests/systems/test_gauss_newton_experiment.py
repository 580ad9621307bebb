"""The experiment gauss-newton: every claim agrees with true data and refuses false ones."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.results import Outcome
from spectralaw.systems.gauss_newton import experiment as ex


@pytest.fixture(scope="module")
def parts():
    return {
        "width": ex.wide((10, 100, 300, 1000, 3000), 60),
        "depth": ex.deep((4,), (4, 8, 16), 80),
        "orthogonal": ex.orthogonal((2, 4, 8), 2),
        "skip": ex.skips((0.0, 0.5, 0.75, 2.0, 4.0, 128.0), 60),
    }


PART = {
    ex.WIDE: "width",
    ex.RATE: "width",
    ex.GROWS: "depth",
    ex.RATIO: "depth",
    ex.ORTHOGONAL: "orthogonal",
    ex.SKIP: "skip",
    ex.ABOVE: "skip",
    ex.IDENTITY: "skip",
}


def outcome(data, statement):
    return next(claim for claim in ex.verdict([data]) if claim.statement == statement).outcome


def with_ratio(data, ratio):
    """Data in which κ/κ(S) is another, κ with it, and the bound far above."""
    values = np.broadcast_to(ratio, data.ratio.shape).copy()
    kappa = values * data.attrs["data_condition"]
    return data.assign(
        ratio=(data.ratio.dims, values), condition_number=(data.ratio.dims, kappa), bound=1e9 * data.bound
    )


def test_true_data_agree(parts, tmp_path):
    from spectralaw.figures import look

    claims = ex.verdict(list(parts.values()))
    assert [str(claim) for claim in claims if claim.outcome is not Outcome.AGREE] == []
    assert {claim.statement for claim in claims} == set(ex.EXPERIMENT.claims)
    datasets = list(parts.values())
    assert all(path.stat().st_size > 5_000 for path in look.save(ex.EXPERIMENT.draw(datasets), tmp_path / "figure"))
    assert "60 networks a point" in ex.EXPERIMENT.caption(datasets)


@pytest.mark.parametrize("part", ["width", "depth", "orthogonal", "skip"])
def test_a_value_above_its_bound_disagrees(parts, part):
    data = parts[part]
    place = {name: 0 for name in data.ratio.dims}
    above = data.copy(deep=True)
    above.condition_number[place] = 1.001 * above.bound[place]
    assert outcome(above, ex.BOUND) is Outcome.DISAGREE
    for name in ("bound", "condition_number"):
        lost = data.copy(deep=True)
        lost[name][place] = np.nan
        assert outcome(lost, ex.BOUND) is Outcome.NOT_JUDGED


@pytest.mark.parametrize("statement", [s for s in ex.CLAIMS if s != ex.BOUND])
def test_missing_numbers_are_not_judged(parts, statement):
    data = parts[PART[statement]]
    for value in (np.nan, np.inf, -1.0, 0.0):
        lost = data.copy(deep=True)
        lost.ratio[{name: -1 for name in data.ratio.dims}] = value
        assert outcome(lost, statement) is Outcome.NOT_JUDGED
    unsure = data.copy(deep=True)
    unsure.status[{name: 0 for name in data.ratio.dims}] = "not_converged"
    claim = next(c for c in ex.verdict([unsure]) if c.statement == statement)
    assert claim.outcome is Outcome.NOT_JUDGED and "1 of" in claim.reason


@pytest.mark.parametrize("ratio", [0.97, 1.03, 10.0])
def test_another_limit_of_width_disagrees(parts, ratio):
    assert outcome(with_ratio(parts["width"], ratio), ex.WIDE) is Outcome.DISAGREE


@pytest.mark.parametrize("exponent", [0.0, -0.25, -0.8, -1.0, 0.5])
def test_another_rate_disagrees(parts, exponent):
    data = parts["width"]
    noise = np.random.default_rng(0).standard_normal(data.ratio.shape)
    ratio = 1.0 + 0.1 * (data.width.values[:, None] / 100.0) ** exponent * noise * 0.9**2
    assert outcome(with_ratio(data, np.abs(ratio)), ex.RATE) is Outcome.DISAGREE
    right = 1.0 + 0.1 * (data.width.values[:, None] / 100.0) ** -0.5 * noise
    assert outcome(with_ratio(data, right), ex.RATE) is Outcome.AGREE


def test_a_rate_that_few_networks_cannot_show_is_not_judged(parts):
    data = parts["width"]
    assert outcome(data.isel(seed=slice(0, 5)), ex.RATE) is Outcome.NOT_JUDGED
    assert outcome(data.isel(width=slice(0, 3)), ex.RATE) is Outcome.NOT_JUDGED
    assert outcome(with_ratio(data, 1.0), ex.RATE) is Outcome.DISAGREE
    assert outcome(data.isel(seed=slice(0, 12)), ex.RATE) is Outcome.NOT_JUDGED  # the interval is too wide


def test_depth_that_does_not_count_or_counts_otherwise_disagrees(parts):
    data = parts["depth"]
    rng = np.random.default_rng(0)
    noise = 0.3 * rng.standard_normal(data.ratio.shape)
    depth, width = data.depth.values[:, None, None], data.width.values[None, :, None]
    flat = with_ratio(data, np.exp(1.0 + noise))
    assert outcome(flat, ex.GROWS) is Outcome.DISAGREE and outcome(flat, ex.RATIO) is Outcome.DISAGREE
    falling = with_ratio(
        data.isel(depth=slice(None, None, -1)).assign_coords(depth=data.depth), data.ratio.values[::-1]
    )
    assert outcome(falling, ex.GROWS) is Outcome.DISAGREE
    law = lambda power: with_ratio(data, np.exp(4.0 * depth / width**power * 10.0 ** (power - 1.0) + noise))  # noqa: E731
    assert outcome(law(1.0), ex.RATIO) is Outcome.AGREE and outcome(law(1.0), ex.GROWS) is Outcome.AGREE
    for power in (0.0, 0.5, 2.0):
        assert outcome(law(power), ex.RATIO) is Outcome.DISAGREE
    shuffled = rng.permuted(data.ratio.values, axis=0)
    assert outcome(with_ratio(data, shuffled), ex.GROWS) is Outcome.DISAGREE
    few = data.isel(seed=slice(0, 4))
    assert outcome(few, ex.RATIO) is not Outcome.AGREE
    assert outcome(data.isel(depth=slice(0, 1)), ex.RATIO) is Outcome.NOT_JUDGED


def test_orthogonal_layers_that_are_off_disagree(parts):
    for off in (1e-6, -1e-6, 1.0):
        assert outcome(with_ratio(parts["orthogonal"], 1.0 + off), ex.ORTHOGONAL) is Outcome.DISAGREE


def test_skips_that_gain_too_early_or_not_at_all_disagree(parts):
    data = parts["skip"]
    assert outcome(with_ratio(data, data.ratio.values[:1]), ex.SKIP) is Outcome.DISAGREE
    early = data.ratio.values.copy()
    early[1:] /= 20.0
    assert outcome(with_ratio(data, early), ex.SKIP) is Outcome.DISAGREE
    assert outcome(data.isel(skip=[0, 1, 2]), ex.SKIP) is Outcome.NOT_JUDGED
    no_sigma = data.assign(spread=data["spread"].where(data.skip > 0.6))
    assert all(outcome(no_sigma, s) is Outcome.NOT_JUDGED for s in (ex.SKIP, ex.ABOVE, ex.IDENTITY))
    above = data.ratio.values.copy()
    above[-1] *= 1.2
    assert outcome(with_ratio(data, above), ex.ABOVE) is Outcome.DISAGREE
    assert outcome(with_ratio(data, above), ex.IDENTITY) is Outcome.DISAGREE
    assert outcome(data.isel(skip=[0, 1]), ex.ABOVE) is Outcome.NOT_JUDGED
    assert outcome(data.isel(skip=slice(0, 5)), ex.IDENTITY) is Outcome.NOT_JUDGED
