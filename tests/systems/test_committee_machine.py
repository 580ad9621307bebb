"""Committee machine: closed forms and equations against known numbers, dense solvers and each other."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status
from spectralaw.systems import committee_machine as cm
from spectralaw.systems.committee_machine.averages import averages, error, outputs
from spectralaw.systems.committee_machine.stiff import OverlapEquations

OURS = cm.Spectrum([3.0, 1.0, 1.0, 0.5, 1e-3], [0.1, 0.2, 0.3, 0.2, 0.2])


def rate_matrix(spectrum, rate):
    values, shares = spectrum.values, spectrum.weights
    side = np.sqrt(shares) * values
    return -2.0 * rate * np.diag(values) + rate**2 * np.outer(side, side)


# linear networks


def test_linear_errors_are_the_known_ones_and_start_at_half_the_mean():
    spectrum = cm.PowerLawSpectrum(8, 1.0)
    found = cm.linear_error([0.0, 0.5, 1.0, 2.0, 4.0, 8.0], spectrum, 0.5)
    assert found == pytest.approx([0.5, 0.187, 0.120, 0.0734, 0.0397, 0.0179], abs=5e-4)
    assert cm.linear_error(4.0, spectrum, 0.5) == pytest.approx(found[4], rel=1e-14)
    assert cm.linear_error([8.0, 0.0], spectrum, 0.5)[1] == pytest.approx(0.5, rel=1e-14)
    assert cm.linear_error(0.0, [2.0, 4.0], 0.1) == pytest.approx(1.5, rel=1e-14)


@pytest.mark.parametrize("spectrum", [cm.PowerLawSpectrum(8, 1.0), cm.PowerLawSpectrum(1, 2.0), OURS])
@pytest.mark.parametrize("share", [0.005, 0.25, 0.95])
@pytest.mark.parametrize("trained", [None, 1, 0])
def test_linear_errors_are_those_of_the_matrix_exponential(spectrum, share, trained):
    rate = share * cm.largest_learning_rate(spectrum)
    values, shares = spectrum.values, spectrum.weights
    matrix = -2.0 * rate * np.diag(values) + rate**2 * np.outer(values, shares * values)
    matrix[len(values) if trained is None else trained :] = 0.0  # eigenvalues descend in all three
    alphas = np.array([0.0, 0.3, 3.0, 30.0])
    exact = [0.5 * (shares * values) @ expm(matrix * a) @ np.ones(len(values)) for a in alphas]
    assert cm.linear_error(alphas, spectrum, rate, trained) == pytest.approx(exact, rel=1e-12)


def test_slow_modes_keep_their_digits():
    """At L = 12, β = 8 rates span nine decades; each rate is right to rounding, also the last."""
    mpmath = pytest.importorskip("mpmath")
    spectrum = cm.PowerLawSpectrum(12, 8.0)
    modes = cm.linear_modes(spectrum, 1.0)
    with mpmath.workdps(40):
        matrix = mpmath.matrix(rate_matrix(spectrum, 1.0).tolist())
        values = [mpmath.mpf(float(v)) for v in spectrum.values]
        for i, a in enumerate(values):
            for j, b in enumerate(values):
                matrix[i, j] = a * b / 12 - (2 * a if i == j else 0)
        exact = sorted((-mpmath.eigsy(matrix, eigvals_only=True)[k] for k in range(12)), reverse=True)
        worst = max(abs(mpmath.mpf(float(r)) / e - 1) for r, e in zip(modes.rates, exact, strict=True))
    assert worst < 1e-14
    late = cm.linear_error(30.0 / modes.rates[-1], spectrum, 1.0)
    assert late == pytest.approx(0.5 * modes.amplitudes[-1] * np.exp(-30.0), rel=1e-12) and late > 0.0


@pytest.mark.parametrize("spectrum", [cm.PowerLawSpectrum(50, 0.3), cm.PowerLawSpectrum(6, 2.0), OURS, [5.0]])
def test_the_largest_learning_rate_is_where_an_eigenvalue_changes_sign(spectrum):
    limit = cm.largest_learning_rate(spectrum)
    known = spectrum if not isinstance(spectrum, list) else cm.Spectrum(spectrum)
    assert np.linalg.eigvalsh(rate_matrix(known, 0.999 * limit))[-1] < 0.0
    assert np.linalg.eigvalsh(rate_matrix(known, 1.001 * limit))[-1] > 0.0
    if isinstance(known, cm.PowerLawSpectrum):
        assert limit == 2.0
    assert np.all(np.isfinite(cm.linear_error([0.0, 1e6], known, 0.999 * limit)))
    with pytest.raises(InvalidInput, match=f"learning_rate must be below {limit:.6g}, the largest"):
        cm.linear_error([1.0], known, limit)


def test_what_remains_of_leading_directions():
    wide = cm.PowerLawSpectrum(4096, 1.0)
    assert 64 * cm.leading_error(wide, 64) == pytest.approx(0.297, abs=5e-4)
    assert cm.leading_error(wide, 0) == pytest.approx(0.5, rel=1e-14) and cm.leading_error(wide, 4096) == 0.0
    spectrum = cm.PowerLawSpectrum(16, 1.0)
    for rate in (0.01, 1.0):
        end = cm.linear_error(1e9, spectrum, rate, trained=4)
        assert end == pytest.approx(cm.leading_error(spectrum, 4, rate), rel=1e-12)
    assert cm.leading_error(spectrum, 4, 1e-9) == pytest.approx(cm.leading_error(spectrum, 4), rel=1e-8)
    values = cm.Spectrum([0.1, 4.0, 1.0])  # the greatest count, wherever they stand
    assert cm.leading_error(values, 1) == pytest.approx(0.5 * 1.1 / 3.0)


def test_power_law_inside_its_window():
    """Measured from 0.2 to 0.3 of the logarithmic window, L = 2000: at most 1.4, 0.7 and 0.6 per cent."""
    for beta, off in ((1.0, 0.016), (1.5, 0.008), (2.0, 0.007)):
        spectrum = cm.PowerLawSpectrum(2000, beta)
        low, high = cm.power_law_window(spectrum, 0.5)
        assert high / low == pytest.approx(2000 ** (1.0 + beta))
        alphas = low * (high / low) ** np.array([0.2, 0.3])
        exact, law = cm.linear_error(alphas, spectrum, 0.5), cm.power_law(alphas, spectrum, 0.5)
        assert np.all(np.abs(exact / law - 1.0) < off)
        slope = np.diff(np.log(exact))[0] / np.diff(np.log(alphas))[0]
        assert slope == pytest.approx(-spectrum.learning_exponent, abs=0.004)
    # known numbers at L = 2000, beyond the middle of the shortest of windows
    spectrum = cm.PowerLawSpectrum(2000, 2.0)
    alphas = 107.5 * np.array([0.9, 1.1])
    assert np.diff(np.log(cm.linear_error(alphas, spectrum, 0.5)))[0] / np.log(1.1 / 0.9) == pytest.approx(
        -0.667, abs=1e-3
    )


# Gaussian averages


def overlaps(K, M, seed):
    rng = np.random.default_rng(seed)
    gram = np.cov(rng.standard_normal((K + M, 4 * (K + M))))
    return gram[:K, :K], gram[:K, K:], gram[K:, K:]


@pytest.mark.statistical
@pytest.mark.parametrize("activation", ["erf", "linear"])
def test_averages_are_those_of_samples(activation):
    from scipy.special import erf

    K, M, count = 3, 2, 400_000
    Q, R, T = overlaps(K, M, 0)
    C = np.block([[Q, R], [R.T, T]])
    h = np.random.default_rng(1).standard_normal((count, K + M)) @ np.linalg.cholesky(C).T
    g = erf(h / np.sqrt(2.0)) if activation == "erf" else h
    slope = np.sqrt(2.0 / np.pi) * np.exp(-0.5 * h[:, :K] ** 2) if activation == "erf" else np.ones((count, K))
    delta = g @ outputs(K, M)
    found = averages(activation, Q, R, T)

    def close(samples, value):
        return abs(samples.mean() - value) < 4.5 * samples.std() / np.sqrt(count)

    assert close(0.5 * delta**2, float(error(activation, Q, R, T)))
    for i in range(K):
        for p in range(K + M):  # v = h_p
            pull = found.students[i] @ C[:K, p] + found.teachers[i] @ C[K:, p]
            assert close(slope[:, i] * h[:, p] * delta, pull)
        for j in range(K):
            assert close(slope[:, i] * slope[:, j] * delta**2, found.noise[i, j])


def test_a_student_that_is_the_teacher_stays():
    setting = cm.CommitteeSetting(3, 3, OURS, 0.7, student_overlaps=np.eye(3), teacher_overlaps=np.eye(3))
    curve = cm.integrate(setting, [0.0, 1.0, 1e4])
    assert np.all(np.abs(curve.generalization_error) < 1e-15) and curve.status is Status.CONVERGED
    equations = OverlapEquations("erf", OURS.values, OURS.weights, 0.7, OURS.mean * np.eye(3), 3)
    assert np.max(np.abs(equations.slope(setting.start()))) < 1e-14


def test_the_jacobian_solves_what_it_says():
    setting = cm.CommitteeSetting(2, 3, OURS, 0.7, student_overlaps=0.3, teacher_overlaps=0.1)
    equations = OverlapEquations("erf", OURS.values, OURS.weights, 0.7, OURS.mean * np.eye(3), 2)
    y = setting.start()
    rng = np.random.default_rng(0)
    change = rng.standard_normal(y.shape)
    change[..., 3:] += np.swapaxes(change[..., 3:], -1, -2)
    solved = equations.linearise(y).solver(0.8)(change)
    tiny = 1e-6
    times = (equations.slope(y + tiny * solved) - equations.slope(y - tiny * solved)) / (2.0 * tiny)
    assert solved - 0.8 * times == pytest.approx(change, abs=1e-8)


# the equations


def dense(setting, alphas):
    """The same equations by an explicit method that knows nothing of their structure, stopped at every α."""
    spectrum, M = setting.spectrum, setting.teachers
    T = spectrum.mean * np.eye(M)
    equations = OverlapEquations(
        setting.activation, spectrum.values, spectrum.weights, setting.learning_rate, T, setting.students
    )
    y, now, errors = setting.start(), 0.0, []
    for alpha in alphas:
        if alpha > now:
            solution = solve_ivp(
                lambda _, flat: equations.slope(flat.reshape(setting.start().shape)).ravel(),
                (now, alpha),
                y.ravel(),
                method="DOP853",
                rtol=1e-11,
                atol=1e-14,
            )
            y, now = solution.y[:, -1].reshape(y.shape), alpha
        errors.append(float(equations.error(equations.full(y))))
    return np.array(errors)


@pytest.mark.parametrize(
    "setting",
    [
        cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(4, 1.0), 0.5),
        cm.CommitteeSetting(3, 1, cm.PowerLawSpectrum(8, 1.0), 1.5, student_overlaps=0.2),
        cm.CommitteeSetting(1, 2, OURS, 0.3),
        cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(5, 2.0), 1.0, "linear", 0.3, 0.2),
    ],
)
def test_the_integrator_agrees_with_an_explicit_one(setting):
    """Measured: 3e-7 relative at the default tolerance, and within the uncertainty that is quoted everywhere."""
    alphas = np.array([0.0, 0.01, 0.5, 3.0, 3.1, 20.0, 60.0])
    curve, exact = cm.integrate(setting, alphas), dense(setting, alphas)
    assert curve.status is Status.CONVERGED
    assert curve.generalization_error == pytest.approx(exact, rel=3e-6, abs=1e-12)
    assert np.all(np.abs(curve.generalization_error - exact) <= curve.uncertainty + 1e-6 * exact + 1e-12)
    order = np.array([4, 0, 6, 2, 4])
    mixed = cm.integrate(setting, alphas[order]).generalization_error
    assert mixed == pytest.approx(curve.generalization_error[order], rel=3e-6, abs=1e-12)


def test_linear_units_of_any_number_are_the_closed_form():
    alphas = [0.5, 1.0, 4.0, 8.0, 100.0]
    for K, M in ((1, 1), (3, 2)):
        setting = cm.CommitteeSetting(K, M, cm.PowerLawSpectrum(8, 1.0), 0.5, "linear", 0.0, 0.0)
        curve = cm.integrate(setting, alphas)
        assert curve.generalization_error == pytest.approx(cm.linear_error(alphas, setting.spectrum, 0.5), rel=1e-6)


@pytest.mark.parametrize(("levels", "escape"), [(4, 818), (8, 508), (16, 319), (32, 219)])
def test_known_escapes_from_the_plateau(levels, escape):
    curve = cm.integrate(
        cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(levels, 1.0), 0.1), np.geomspace(1.0, 900.0, 200)
    )
    assert curve.status is Status.CONVERGED
    assert cm.first_below(curve.alphas, curve.generalization_error, 0.0045) == pytest.approx(escape, abs=1.2)


def test_no_escape_of_few_levels_and_the_height_of_their_plateau():
    for levels in (1, 2):
        curve = cm.integrate(cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(levels, 1.0), 0.1), [800.0])
        assert 0.0058 < curve.generalization_error[0] < 0.0065
    assert cm.plateau_height(2) == pytest.approx(0.0058054, abs=1e-7) and cm.plateau_height(1) == 0.0
    for rate, height in ((0.02, 0.00583), (0.1, 0.00592)):
        curve = cm.integrate(cm.CommitteeSetting(2, 2, [1.0], rate, teacher_overlaps=0.0), [2000.0])
        assert curve.generalization_error[0] == pytest.approx(height, abs=6e-6)


def test_many_levels_and_long_times_are_within_reach():
    """An explicit method needs 2e5 evaluations here, and most of a minute."""
    setting = cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(256, 1.0), 0.5)
    curve = cm.integrate(setting, np.geomspace(0.1, 1e4, 40), tolerance=1e-6)
    assert curve.steps < 300 and np.all(np.diff(curve.generalization_error) < 0.0)
    assert curve.status is Status.CONVERGED and 0.0 < curve.generalization_error[-1] < 2e-5


def test_what_does_not_converge_says_so():
    setting = cm.CommitteeSetting(2, 2, cm.PowerLawSpectrum(4, 1.0), 0.1)
    with pytest.raises(ConvergenceFailure, match=r"took 5 steps to alpha = .* of 800: raise most_steps"):
        cm.integrate(setting, [800.0], most_steps=5)
    setting = cm.CommitteeSetting(4, 4, cm.PowerLawSpectrum(16, 1.0), 1.0)
    rough = cm.integrate(setting, np.geomspace(1.0, 1e4, 9), tolerance=1e-4)
    assert rough.status is Status.NOT_CONVERGED and np.any(rough.uncertainty > 1e-3 * rough.generalization_error)
    assert "not_converged" in repr(rough)


def test_results_are_labelled_and_pickle():
    curve = cm.integrate(cm.CommitteeSetting(2, 3, [1.0, 2.0], 0.1), [1.0, 0.0])
    data = curve.to_xarray()
    assert data.teacher_overlaps.sizes == {"alpha": 2, "student": 2, "teacher": 3} and data.alpha.values.tolist() == [
        1,
        0,
    ]
    again = pickle.loads(pickle.dumps(curve))
    assert np.array_equal(again.generalization_error, curve.generalization_error) and "error at α = 1" in repr(curve)
    assert curve.setting.replace(students=1).students == 1
    plain = json.loads(json.dumps(curve.setting.random_start(20, 0.1, 0).to_dict()))
    assert cm.CommitteeSetting.from_dict(plain) == curve.setting.random_start(20, 0.1, 0)
    law = cm.CommitteeSetting(1, 1, cm.PowerLawSpectrum(3, 0.5), 0.1)
    assert cm.CommitteeSetting.from_dict(json.loads(json.dumps(law.to_dict()))) == law


# plateaus


def curve_with(height, since, until):
    x = np.geomspace(0.1, 1e4, 300)
    return x, (0.2 * np.exp(-x / since * 4.0) + height) / (1.0 + (x / until) ** 3)


def test_a_plateau_is_found_where_it_is():
    x, y = curve_with(0.01, 10.0, 1000.0)
    found = cm.find_plateau(x, y)
    assert isinstance(found, cm.Plateau) and found.height == pytest.approx(0.01, rel=0.1)
    assert 5.0 < found.start < 15.0 and found.escape == pytest.approx(1000.0 * (1 / 3) ** (1 / 3), rel=0.15)
    noisy = y * np.exp(0.01 * np.random.default_rng(0).standard_normal(x.size))
    again = cm.find_plateau(x, noisy)
    assert isinstance(again, cm.Plateau) and again.escape == pytest.approx(found.escape, rel=0.1)
    before = x < 300.0
    cut = cm.find_plateau(x[before], y[before])
    assert isinstance(cut, cm.Plateau) and cut.escape is None


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (lambda x: x**-0.5, "stays within 10% of one height for a factor of 1.49"),
        (lambda x: np.full_like(x, 0.3), "never falls by 25%"),
        (lambda x: np.exp(-x / 100.0) + 1e-300, "for a factor of"),
        (lambda x: np.where(x < x[-1], 1.0, 0.5), "ends where it begins to fall"),
    ],
)
def test_no_plateau_is_an_outcome_of_its_own(errors, reason):
    x = np.geomspace(0.1, 1e3, 200)
    found = cm.find_plateau(x, errors(x))
    assert isinstance(found, cm.NoPlateau) and not found.found and reason in found.reason
    assert cm.first_below(x, np.ones_like(x), 0.5) is None


# bad input

LAW = cm.PowerLawSpectrum(4, 1.0)
MASKED = np.ma.masked_array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cm.PowerLawSpectrum(0, 1.0), "levels must be 1 or greater, not 0"),
        (lambda: cm.PowerLawSpectrum(2.5, 1.0), "levels must be a whole number, not 2.5"),
        (lambda: cm.PowerLawSpectrum(4, 0.0), "beta must be greater than 0, not 0"),
        (lambda: cm.PowerLawSpectrum(4, -1.0), "beta must be greater than 0, not -1"),
        (lambda: cm.PowerLawSpectrum(4, float("nan")), "beta must be a finite number, not nan"),
        (lambda: cm.PowerLawSpectrum(4, True), "beta must be a number, not True"),
        (lambda: cm.PowerLawSpectrum(10**6, 2.0), "must be 1e.12 or less, not 10.18.0"),
        (lambda: cm.Spectrum([1.0, 0.0]), "eigenvalues must be greater than 0, but its entry 1 is 0"),
        (lambda: cm.Spectrum([1.0, 1e-13]), "span at most a factor of 1e.12, not from 1e-13 to 1"),
        (lambda: cm.Spectrum([1.0, np.nan]), "eigenvalues must be finite, but its entry 1 is nan"),
        (lambda: cm.Spectrum(MASKED), "some of its entries are masked"),
        (lambda: cm.Spectrum([1.0, 2.0], [1.0]), "shares must be one for each of 2 eigenvalues, not 1"),
        (lambda: cm.Spectrum([1.0, 2.0], [0.5, 0.6]), "shares must have the sum 1, not 1.1"),
        (lambda: cm.linear_error([1.0], "law", 0.5), "spectrum must be a PowerLawSpectrum, a Spectrum, or a list"),
        (lambda: cm.linear_error([1.0], 3.0, 0.5), "spectrum must be a PowerLawSpectrum, a Spectrum, or a list"),
        (lambda: cm.linear_error([1.0, -0.5], LAW, 0.5), "alphas must be 0 or greater, but its entry 1 is -0.5"),
        (lambda: cm.linear_error([1.0, np.nan], LAW, 0.5), "alphas must be finite, but its entry 1 is nan"),
        (lambda: cm.linear_error(np.nan, LAW, 0.5), "alphas must be a finite number, not nan"),
        (lambda: cm.linear_error(MASKED, LAW, 0.5), "some of its entries are masked"),
        (lambda: cm.linear_error([], LAW, 0.5), "alphas must be a non-empty list"),
        (lambda: cm.linear_error(np.ones((2, 2)), LAW, 0.5), "not an array of shape"),
        (lambda: cm.linear_error([1.0], LAW, 2.0), "learning_rate must be below 2, the largest"),
        (lambda: cm.linear_error([1.0], LAW, 0.0), "learning_rate must be greater than 0, not 0"),
        (
            lambda: cm.linear_error([1.0], LAW, 0.5, trained=5),
            "trained must be the number of levels, 4, or fewer, not 5",
        ),
        (lambda: cm.leading_error(LAW, 0, -1.0), "learning_rate must be greater than 0, not -1"),
        (lambda: cm.power_law([0.0], LAW, 0.5), "alphas must be greater than 0, for a power law"),
        (lambda: cm.power_law([1.0], OURS, 0.5), "spectrum must be a PowerLawSpectrum, not"),
        (lambda: cm.CommitteeSetting(0, 2, LAW, 0.5), "students must be 1 or greater, not 0"),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 0.0), "learning_rate must be greater than 0, not 0"),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 1e300), "learning_rate must be 1e.06 or less for this spectrum"),
        (
            lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, student_overlaps=1e300),
            "must be 1e.06 or less in size, not 1e.300",
        ),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 2.5, "linear"), "learning_rate must be below 2, the largest"),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, "relu"), "activation must be one of 'erf', 'linear', not 'relu'"),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, student_overlaps=-1.0), "student_overlaps must be 0 or greater"),
        (
            lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, student_overlaps=np.eye(3)),
            "or an array of shape .2, 2. or .4, 2, 2.",
        ),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, student_overlaps=[[1.0, 0.5], [0.0, 1.0]]), "must be symmetric"),
        (lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, teacher_overlaps=0.9), "must be those of vectors"),
        (
            lambda: cm.CommitteeSetting(2, 2, LAW, 0.5, teacher_overlaps="a"),
            "must be numbers|or an array of numbers, not 'a'",
        ),
        (
            lambda: cm.CommitteeSetting(2, 1, LAW, 0.5, teacher_overlaps=[[np.nan], [0.0]]),
            "teacher_overlaps must be finite",
        ),
        (
            lambda: cm.CommitteeSetting(2, 1, LAW, 0.5, teacher_overlaps=[[1.0], [0.0, 1.0]]),
            "must be a number or an array",
        ),
        (lambda: cm.integrate(LAW, [1.0]), "setting must be a CommitteeSetting, not"),
        (lambda: cm.integrate(cm.CommitteeSetting(2, 2, LAW, 0.5), [-1.0]), "alphas must be 0 or greater"),
        (lambda: cm.integrate(cm.CommitteeSetting(2, 2, LAW, 0.5), [1.0], tolerance=1.0), "tolerance must be between"),
        (lambda: cm.simulate(cm.CommitteeSetting(2, 2, LAW, 0.5), [1.0], 42), "be a multiple of 4., not 42"),
        (
            lambda: cm.simulate(cm.CommitteeSetting(2, 2, LAW, 0.5), [1.0], 12),
            "students . teachers = 4 directions or more",
        ),
        (
            lambda: cm.simulate(cm.CommitteeSetting(2, 2, LAW, 0.5), [1.0], 40, 1),
            "seeds must be at least 2, for an error bar",
        ),
        (
            lambda: cm.find_plateau([1.0, 2.0, 2.0, 3.0, 4.0], np.ones(5)),
            "alphas must ascend, but its entry 2 does not",
        ),
        (lambda: cm.find_plateau(np.arange(1.0, 6.0), [1, 1, np.nan, 1, 1]), "errors must be finite, but its entry 2"),
        (
            lambda: cm.find_plateau(np.arange(1.0, 6.0), [1, 1, 0, 1, 1]),
            "errors must be greater than 0, but its entry 2",
        ),
        (lambda: cm.find_plateau(np.arange(1.0, 6.0), np.ones(4)), "same length, not 5 and 4"),
        (lambda: cm.first_below(np.arange(1.0, 6.0), np.ones(5), 0.0), "level must be greater than 0, not 0"),
        (lambda: cm.plateau_height(0), "units must be 1 or greater, not 0"),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
