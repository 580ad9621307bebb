"""The laws and their derivatives, in every frame."""

import numpy as np
import pytest

from spectralaw.scaling.laws import Frame, Law

LAWS = [
    (Law("power"), [0.1, 0.4]),
    (Law("plateau"), [0.3, -0.5, 0.4]),
    (Law("plateau"), [0.0, -0.5, 0.4]),
    (Law("broken", 1), [0.1, 0.2, 0.3, np.log(0.2), 0.5]),
    (Law("broken_plateau", 2), [0.2, 0.1, 0.2, 0.3, np.log(0.2), 0.5, -1.0, np.log(0.7), -0.4]),
    (Law("chinchilla"), [0.5, -0.8, -1.0, 0.3, 0.4]),
    (Law("chinchilla_tied"), [0.5, -0.8, -1.0, 0.3]),
]


def points(law):
    u = np.linspace(-3.0, 3.0, 13)
    return np.array([u, 0.5 * u[::-1] + 0.1 * u**2]) if law.two_variables else u[None]


@pytest.mark.parametrize("law, theta", LAWS, ids=lambda value: value.name if isinstance(value, Law) else "")
def test_derivatives_against_differences(law, theta):
    theta, u = np.array(theta), points(law)
    jacobian = law.evaluate(theta, u)[1][0]
    step = 1e-6
    for j in range(law.size):
        shift = step * (np.arange(law.size) == j)
        numeric = (law.value(theta + shift, u) - law.value(theta - shift, u))[0] / (2.0 * step)
        assert jacobian[j] == pytest.approx(numeric, rel=1e-6, abs=1e-8), law.parameters[j]
    assert not np.allclose(jacobian[0], jacobian[1])  # a test that cannot tell two columns apart would see nothing


@pytest.mark.parametrize("law, theta", LAWS[:5], ids=lambda value: value.name if isinstance(value, Law) else "")
def test_local_exponent_is_the_slope(law, theta):
    theta, u = np.array(theta), points(law)
    slope, gradient = law.local_exponent(theta, u[0])
    numeric = (law.value(theta, u + 1e-6) - law.value(theta, u - 1e-6))[0] / 2e-6
    assert slope[0] == pytest.approx(numeric, rel=1e-6, abs=1e-8)
    for j in range(law.size):
        shift = 1e-6 * (np.arange(law.size) == j)
        numeric = (law.local_exponent(theta + shift, u[0])[0] - law.local_exponent(theta - shift, u[0])[0])[0] / 2e-6
        assert gradient[0, j] == pytest.approx(numeric, rel=1e-5, abs=1e-7), law.parameters[j]


@pytest.mark.parametrize("law, theta", LAWS, ids=lambda value: value.name if isinstance(value, Law) else "")
def test_frames_are_one_law(law, theta):
    theta, u = np.array(theta), points(law)
    old = Frame((2.0, 3.0)[: len(u)], 0.7)
    new = Frame((0.0, -1.5)[: len(u)], 0.7)
    moved = law.move(theta, old, new)
    shift = np.subtract(old.centres, new.centres)[:, None]
    assert law.value(moved, u + shift)[0] == pytest.approx(law.value(theta, u)[0], abs=1e-12)
    assert law.move(moved, new, old) == pytest.approx(theta, abs=1e-12)


def test_no_overflow_far_outside():
    law = Law("broken_plateau", 1)
    theta = np.array([0.0, 0.0, 8.0, 0.0, np.log(0.03), 8.0])
    value, jacobian = law.evaluate(theta, np.array([[-300.0, 0.0, 300.0]]))
    assert np.all(np.isfinite(value)) and np.all(np.isfinite(jacobian))
