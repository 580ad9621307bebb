"""Predictions: known numbers, certificates over the whole plane, limits, exponents."""

import json
import math

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.state_evolution.equations import capacity, evaluator, scaled_decay
from spectralaw.state_evolution.teacher_atoms import teacher_atoms

from ..references import gaussian_coefficient_reference, quadratic_reference

KNOWN = [
    # network, γ, Δ, d, n, λ, excess risk and how many digits of it are known
    ("quadratic", 1.25, 0.1, 400, 8000, 0.022360679775, 2 * 0.090290, 1e-5),
    ("quadratic", 1.25, 0.1, 400, 48273.4, 0.054928027165, 2 * 0.050711, 1e-5),
    ("quadratic", 1.25, 0.1, 400, 530312.6, 0.182056420303, 2 * 0.0043268, 1e-5),
    ("diagonal", 1.0, 0.5, 200, 100, 1.0, 0.203920, 3e-6),
    ("diagonal", 1.0, 0.5, 200, 2000, 1.0, 0.0320472, 2e-6),
    ("diagonal", 1.0, 0.5, 10**8, 10**12, 0.1, 0.4989e-4, 1e-4),
    ("diagonal", 1.0, 0.5, 10**8, 10**8, 1e-2, 3.709, 2e-4),
    ("diagonal", 1.0, 0.5, 10**8, 10**8, 1e-3, 18.07, 3e-4),
    ("diagonal", 1.0, 0.5, 10**8, 10**8, 1e-4, 84.74, 1e-4),
    ("quadratic", 1.0, 0.5, 10**6, 0.25e12, 1e-2, 3.432, 2e-4),
    ("quadratic", 1.0, 0.5, 10**6, 0.25e12, 1e-3, 16.29, 2e-4),
    ("quadratic", 1.0, 0.5, 10**6, 0.25e12, 1e-4, 70.24, 1e-4),
]


@pytest.mark.parametrize(("network", "gamma", "noise", "d", "n", "decay", "risk", "digits"), KNOWN)
def test_known_numbers(network, gamma, noise, d, n, decay, risk, digits):
    p = sl.predict(sl.Task(network, d, n, decay, noise, sl.PowerLaw(gamma)))
    assert p.status == "converged"
    assert p.residual <= 1e-10
    assert p.excess_risk == pytest.approx(risk, rel=digits)


def test_local_exponent_at_the_peak():
    p = sl.predict(sl.Task("diagonal", 10**8, 1e8, 1e-3, 0.5))
    assert p.exponents.weight_decay == pytest.approx(-0.675, abs=5e-4)


def random_task(rng):
    network = str(rng.choice(["diagonal", "quadratic"]))
    d = int(rng.choice([2, 3, 30, 400, 10**6, 10**9, 10**12]))
    return sl.Task(
        network,
        d,
        samples=10.0 ** rng.uniform(0, 20),
        weight_decay=10.0 ** rng.uniform(-10, 10),
        noise_variance=float(rng.choice([0.0, 1e-3, 0.5, 10.0])),
        teacher=sl.PowerLaw(rng.uniform(0.55, 3.0), coefficients=str(rng.choice(["gaussian", "fixed"]))),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_failure_over_twenty_decades(seed):
    """Every point of the plane is solved, and both equations hold as evaluated again from the solution."""
    rng = np.random.default_rng(seed)
    for _ in range(50):
        task = random_task(rng)
        p = sl.predict(task)
        assert p.status.is_result, (task, p)
        assert p.residual <= 1e-10 or p.threshold / p.effective_noise > 1.999, (task, p)
        n = capacity(task.network, np.array([task.samples]), task.dimension)
        decay = scaled_decay(task.network, np.array([task.weight_decay]), task.dimension)
        again = evaluator(task)(np.array([p.effective_noise]), np.array([p.threshold]))
        assert again.risk[0] == pytest.approx(p.excess_risk, rel=1e-9)
        assert (again.risk + task.noise_variance)[0] == pytest.approx((n * p.effective_noise**2)[0], rel=1e-9)
        if p.zero_mass < 1.0:
            second = decay / p.threshold + again.response
            assert second[0] == pytest.approx(n[0], rel=max(1e-9, 10 * p.residual))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_solutions_hold_in_many_digits(seed):
    """Both equations, with integrals evaluated independently, at solutions for random tasks of small dimension."""
    rng = np.random.default_rng(100 + seed)
    d = int(rng.choice([2, 4, 7]))
    network = ["diagonal", "quadratic"][seed % 2]
    n = d ** (1 + seed % 2) * 10.0 ** rng.uniform(-0.5, 3)
    noise, decay = 0.5, 10.0 ** rng.uniform(-3, 0.3)
    p = sl.predict(sl.Task(network, d, n, decay, noise, sl.PowerLaw(rng.uniform(0.6, 2.0))))
    if p.status == "collapsed":
        n *= 100
        p = sl.predict(p.task.replace(samples=n))
    assert p.status == "converged"
    values = p.task.teacher_values()
    if network == "quadratic":
        mse, response = quadratic_reference(values, np.full(d, 1 / d), p.effective_noise, p.threshold)
        risk, full = 2 * float(mse), 4 * n / d**2
        scaled, response = decay, float(response)
    else:
        pairs = [gaussian_coefficient_reference(s, p.effective_noise, p.threshold) for s in values]
        risk, response = float(sum(r for r, _ in pairs)), float(sum(k for _, k in pairs))
        scaled, full = decay * math.sqrt(d), n
    assert p.excess_risk == pytest.approx(risk, rel=1e-9)
    assert risk + noise == pytest.approx(full * p.effective_noise**2, rel=1e-9)
    assert response + scaled / p.threshold == pytest.approx(full, rel=1e-9)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_local_exponents_are_derivatives(network):
    for n, decay in ((0.3, 0.05), (2.0, 1.0), (50.0, 3.0)):
        task = sl.Task(network, 300, n * 300 ** (1 + (network == "quadratic")), decay, 0.3)
        p, step = sl.predict(task), 1e-4

        def slope(field, task=task, step=step):
            up, down = (
                sl.predict(task.replace(**{field: getattr(task, field) * math.exp(s * step)})).excess_risk
                for s in (1, -1)
            )
            return math.log(up / down) / (2 * step)

        assert p.exponents.samples == pytest.approx(slope("samples"), abs=1e-6)
        assert p.exponents.weight_decay == pytest.approx(slope("weight_decay"), abs=1e-6)


def test_collapse_is_exact():
    p = sl.predict(sl.Task("quadratic", 100, 10, 100.0, 0.5))
    assert p.status == "collapsed"
    assert p.excess_risk == pytest.approx(2.0, rel=1e-14)
    assert p.training_loss == pytest.approx(2.5, rel=1e-12)
    assert (p.zero_mass, p.outliers, p.exponents.samples) == (1.0, (), 0.0)


def test_limit_of_vanishing_weight_decay():
    """λ → 0: least squares when there are enough samples, an interpolator when there are not."""
    d, n, noise = 100, 1000, 0.5
    p = sl.predict(sl.Task("diagonal", d, n, 0.0, noise))
    assert p.excess_risk == pytest.approx(noise * d / (n - d), rel=1e-10)
    assert p.training_loss == pytest.approx(noise * (1 - d / n), rel=1e-10)
    for network, samples in (("diagonal", 50), ("quadratic", 1000), ("quadratic", 50_000)):
        limit = sl.predict(sl.Task(network, d, samples, 0.0, noise))
        near = sl.predict(sl.Task(network, d, samples, 1e-7, noise))
        assert limit.excess_risk == pytest.approx(near.excess_risk, rel=1e-5)
    assert sl.predict(sl.Task("quadratic", d, 1000, 0.0, noise)).training_loss == 0.0


def test_a_limit_that_does_not_exist_says_so():
    p = sl.predict(sl.Task("diagonal", 100, 100, 0.0, 0.5))  # least squares at n = d
    assert p.status == "not_converged"
    assert math.isnan(p.excess_risk)
    assert "no solution" in p.message


def test_training_loss_of_the_quadratic_network():
    """(1/d²) Σ residual² at d = 100, n = 40 000, λ = 1, Δ = 0.5, γ = 1; and the risk at two n."""
    p = sl.predict(sl.Task("quadratic", 100, 40_000, 1.0, 0.5))
    assert p.excess_risk == pytest.approx(0.0486, abs=5e-5)
    assert p.training_loss * 40_000 / 100**2 == pytest.approx(1.791, abs=5e-4)
    assert sl.predict(p.task.replace(samples=5000)).excess_risk == pytest.approx(0.2233, abs=5e-5)


def test_width_acts_through_weight_decay():
    task = sl.Task("quadratic", 50, 5000, 0.3, 0.5)
    wide = sl.predict(task.replace(width=200))
    assert wide.excess_risk == pytest.approx(sl.predict(task.replace(weight_decay=0.6)).excess_risk, rel=1e-12)


def test_dictionary_is_strict_json():
    for task in (sl.Task("quadratic", 60, 5000, 1.0, 0.5), sl.Task("quadratic", 60, 3.0, 1e3, 0.5)):
        values = json.loads(json.dumps(sl.predict(task).to_dict(), allow_nan=False))
        assert {"excess_risk", "training_loss", "effective_noise", "threshold", "zero_mass", "status"} <= set(values)
        assert sl.Task.from_dict(values["task"]) == task


def test_signed_fixed_coefficients():
    values = [1.0, -0.5, 0.25]
    one = sl.predict(sl.Task("diagonal", 3, 30, 0.1, 0.1, sl.Empirical(values, coefficients="fixed")))
    two = sl.predict(sl.Task("diagonal", 3, 30, 0.1, 0.1, sl.Empirical(np.abs(values), coefficients="fixed")))
    assert one.excess_risk == pytest.approx(two.excess_risk, rel=1e-13)


def test_scale_of_a_listed_teacher():
    """Scaling teacher and noise by k and weight decay by k scales every risk by k²."""
    values = np.array([3.0, 2.0, 1.0, 0.5, 0.1])
    task = sl.Task("quadratic", 5, 40, 0.2, 0.3, sl.Empirical(values))
    scaled = sl.Task("quadratic", 5, 40, 0.6, 2.7, sl.Empirical(3.0 * values))
    assert sl.predict(scaled).excess_risk == pytest.approx(9.0 * sl.predict(task).excess_risk, rel=1e-11)


def test_atoms_hold_the_teacher_power():
    for task in (sl.Task("quadratic", 10**9, 1, 1), sl.Task("diagonal", 10**9, 1, 1)):
        atoms = teacher_atoms(task)
        values, counts = atoms.near(np.array([1e-3]))
        assert np.sum(counts * values**2) == pytest.approx(atoms.power, rel=1e-12)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("dimension", [100, 10**4])
def test_every_weight_decay_is_solved_exactly_at_the_interpolation_threshold(network, dimension):
    samples = dimension if network == "diagonal" else dimension**2 / 4
    task = sl.Task(network, dimension, samples, 1.0, 0.5)
    grid = sl.predict_grid(task, weight_decay=np.geomspace(1e-9, 10, 41))
    assert np.all(grid.status != "not_converged")
    assert np.all(np.diff(np.log(grid.excess_risk)) < 1.0)  # no point is on another branch


NOISELESS = [
    (sl.Task("quadratic", 6, 18, 0.012, 0.0, sl.FiniteRank(2, 0.3)), 2.8669e-4),
    (sl.Task("quadratic", 6, 18, 0.01, 0.0, sl.FiniteRank(2, 0.3)), 2.0035e-4),
    (sl.Task("quadratic", 6, 18, 0.005, 0.0, sl.FiniteRank(2, 0.3)), 5.0898e-5),
    (sl.Task("quadratic", 6, 18, 0.001, 0.0, sl.FiniteRank(2, 0.3)), 2.0627e-6),
    (sl.Task("quadratic", 63, 732.7387220781494, 8.423455591811476e-4, 0.0, sl.FiniteRank(5, 0.3)), 1.07421614e-6),
    (sl.Task("quadratic", 112, 5402.63235272657, 1.2742749857031334e-4, 0.0, sl.FiniteRank(21, 1.0)), 9.2735e-9),
]


@pytest.mark.parametrize(("task", "risk"), NOISELESS)
def test_noiseless_solutions_are_found_alone(task, risk):
    p = sl.predict(task)
    assert p.status is sl.Status.CONVERGED and p.excess_risk == pytest.approx(risk, rel=5e-5)


def test_noiseless_tasks_are_solved():
    """Alone as in a grid; with λ → 0 either exactly (R = 0), or at a plateau."""
    rng = np.random.default_rng(7)
    for _ in range(120):
        d = int(10.0 ** rng.uniform(0.4, 3.2)) + 1
        teacher = sl.FiniteRank(int(rng.integers(1, d + 1)), float(rng.choice([0.0, 0.3, 1.0, 2.0])))
        decay = 10.0 ** rng.uniform(-8, 2) if rng.random() < 0.9 else 0.0
        task = sl.Task("quadratic", d, max(1.0, d * d * 10.0 ** rng.uniform(-3, 3)), decay, 0.0, teacher)
        p = sl.predict(task)
        assert p.status.is_result, task
        grid = sl.predict_grid(task, weight_decay=[decay, 2.0 * decay + 1e-3])
        assert float(grid.excess_risk[0]) == pytest.approx(p.excess_risk, rel=1e-9, abs=1e-300)


def test_exact_recovery_is_a_result():
    p = sl.predict(sl.Task("quadratic", 50, 10_000.0, 0.0, 0.0, sl.FiniteRank(4, 1.0)))
    assert p.status is sl.Status.CONVERGED and p.excess_risk == p.training_loss == p.effective_noise == 0.0
    assert p.zero_mass == pytest.approx(46 / 50) and len(p.outliers) == 4 and p.decomposition is None
    assert p.spectrum.zero_mass + p.spectrum.outlier_count / 50 == pytest.approx(1.0)
    small = sl.predict(p.task.replace(weight_decay=1e-6))
    assert 0.0 < small.excess_risk < 1e-10
    few = sl.predict(p.task.replace(samples=200.0))  # too few: part of the teacher stays unlearned
    assert few.excess_risk > 1e-3 and sl.predict(few.task.replace(weight_decay=1e-9)).excess_risk == pytest.approx(
        few.excess_risk, rel=1e-4
    )


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_the_ends_of_the_range_of_numbers(network):
    """No warning, no exception; a value or an honest status."""
    base = sl.Task(network, 50, 5000, 0.0, 0.5)
    limit = sl.predict(base)
    tiny = sl.predict(base.replace(weight_decay=1e-320))
    assert tiny.excess_risk == pytest.approx(limit.excess_risk, rel=1e-12)
    assert tiny.training_loss == pytest.approx(limit.training_loss, rel=1e-12)
    for changes in ({"samples": 1e308}, {"noise_variance": 1e300}, {"teacher": sl.Empirical([1e-170])},
                    {"teacher": sl.Empirical([1e-170]), "noise_variance": 0.0}):  # fmt: skip
        p = sl.predict(base.replace(weight_decay=1.0, **changes))
        assert math.isnan(p.excess_risk) is not p.status.is_result
        assert p.spectrum is not None and p.to_dict()


def test_memory_does_not_grow_with_the_dimension():
    import tracemalloc

    tracemalloc.start()
    for network, samples in (("quadratic", 1e17), ("diagonal", 1e8)):
        task = sl.Task(network, 10**9, samples, 0.1, 0.5, sl.Empirical([1.0, 2.0]))
        p = sl.predict(task)
        assert p.status.is_result and p.bayes_risk is not None and p.spectrum.bulk_mass > 0.0
        assert p.decomposition is not None
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    with pytest.raises(sl.InvalidInput, match="1,000,000,000"):
        task.teacher_values()
