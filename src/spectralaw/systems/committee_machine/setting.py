"""What is asked of the committee machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import choice, finite, is_number, positive_integer, shown, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import array as finite_array
from spectralaw.systems.committee_machine.linear import check_rate
from spectralaw.systems.committee_machine.spectrum import PowerLawSpectrum, Spectrum, as_spectrum
from spectralaw.systems.setting import Setting

Array = NDArray[np.float64]
ACTIVATIONS = ("erf", "linear")
_MOST = 1e6  # overlaps, and learning rate in units of the inverse mean eigenvalue
_NEGATIVE = 1e-12  # eigenvalue of a Gram matrix that counts as zero, relative to the largest


@dataclass(frozen=True)
class CommitteeSetting(Setting):
    """A student with K hidden units learns a teacher with M, one example at a time, each example once.

    f(ξ) = K^−½ Σ_i g(J_i·ξ/√N) and likewise, with M^−½ and B_n, for the teacher; ξ ~ N(0, Σ) in N dimensions. The
    first layer follows the gradient of ½ (f − f*)², step η/N for each example in units where a direction has weight
    O(1): J_i ← J_i − (η/√N) (f − f*) K^−½ g′(x_i) ξ. Second layers are fixed. Teachers are orthonormal in every level:
    B_n·P_l B_m = δ_nm N w_l.

    Parameters
    ----------
    students, teachers : int
        K and M.
    spectrum
        :class:`.PowerLawSpectrum`, :class:`.Spectrum`, or a list of eigenvalues.
    learning_rate : float
        η > 0; for the linear activation below :func:`.largest_learning_rate`.
    activation : str
        ``erf``, g(x) = erf(x/√2), or ``linear``, g(x) = x.
    student_overlaps
        Student with student at the start, J_i·P_l J_j/(N w_l): a number for that times the unit matrix, or an array of
        shape (K, K) for all levels or (L, K, K).
    teacher_overlaps
        Student with teacher at the start, J_i·P_l B_n/(N w_l): a number r for r where i = n and −r elsewhere, or an
        array of shape (K, M) or (L, K, M). Without any, students that start alike stay alike.

    Raises
    ------
    InvalidInput
        For other values, and for overlaps that no vectors have.
    """

    students: int
    teachers: int
    spectrum: Spectrum | PowerLawSpectrum
    learning_rate: float
    activation: str = "erf"
    student_overlaps: Any = 1e-4
    teacher_overlaps: Any = 1e-3

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("students", positive_integer("students", self.students))
        put("teachers", positive_integer("teachers", self.teachers))
        put("spectrum", as_spectrum(self.spectrum))
        put("activation", choice("activation", self.activation, ACTIVATIONS))
        rate = finite("learning_rate", self.learning_rate)
        if rate <= 0.0:
            raise InvalidInput(f"learning_rate must be greater than 0, not {rate:g}")
        if rate * self.spectrum.mean > _MOST:
            raise InvalidInput(
                f"learning_rate must be {_MOST / self.spectrum.mean:.4g} or less for this spectrum, not {rate:g}"
            )
        put("learning_rate", check_rate(rate, self.spectrum) if self.activation == "linear" else rate)
        for name, wide in (("student_overlaps", self.students), ("teacher_overlaps", self.teachers)):
            put(name, self._overlaps(name, getattr(self, name), wide))
        self._realisable()

    def _overlaps(self, name: str, value: Any, wide: int) -> Any:
        """A number as a float, an array as nested tuples."""
        if is_number(value):
            number = finite(name, value)
            if abs(number) > _MOST:
                raise InvalidInput(f"{name} must be {_MOST:g} or less in size, not {number:g}")
            if name == "student_overlaps" and number < 0.0:
                raise InvalidInput(f"{name} must be 0 or greater where it is a number, not {number:g}")
            return number
        small, levels = (self.students, wide), self.spectrum.levels
        array = _numbers(name, value)
        if np.max(np.abs(array), initial=0.0) > _MOST:
            raise InvalidInput(f"{name} must be {_MOST:g} or less in size, not {np.max(np.abs(array)):g}")
        if array.shape not in (small, (levels, *small)):
            raise InvalidInput(
                f"{name} must be a number or an array of shape {small} or {(levels, *small)}, not {array.shape}"
            )
        if name == "student_overlaps" and not np.allclose(array, np.swapaxes(array, -1, -2), rtol=1e-12, atol=1e-12):
            raise InvalidInput(f"{name} must be symmetric in the two students")
        return _nested(array)

    def _realisable(self) -> None:
        smallest = np.linalg.eigvalsh(self.gram())
        wrong = smallest[:, 0] < -_NEGATIVE * np.maximum(smallest[:, -1], 1.0)
        if np.any(wrong):
            raise InvalidInput(
                "student_overlaps and teacher_overlaps must be those of vectors, but the Gram matrix of level "
                f"{int(np.argmax(wrong))} has the eigenvalue {smallest[wrong][0, 0]:.3g}"
            )

    def start(self) -> Array:
        """Overlaps per direction at the start, (L, K, M + K): with teachers, then with students."""
        shape = (self.spectrum.levels, self.students, self.teachers)
        R = self.teacher_overlaps
        if isinstance(R, float):
            R = np.where(np.eye(self.students, self.teachers) > 0.0, R, -R)
        Q = self.student_overlaps
        if isinstance(Q, float):
            Q = Q * np.eye(self.students)
        Q = np.broadcast_to(np.asarray(Q), (*shape[:2], self.students))
        return np.concatenate([np.broadcast_to(np.asarray(R), shape), 0.5 * (Q + np.swapaxes(Q, -1, -2))], -1)

    def gram(self) -> Array:
        """Gram matrices per direction at the start, (L, K + M, K + M): students, then teachers."""
        y, M = self.start(), self.teachers
        R, Q = y[..., :M], y[..., M:]
        T = np.broadcast_to(np.eye(M), (len(y), M, M))
        top, bottom = np.concatenate([Q, R], -1), np.concatenate([np.swapaxes(R, -1, -2), T], -1)
        return np.concatenate([top, bottom], -2)

    def random_start(self, dimension: int, scale: float, seed: int) -> CommitteeSetting:
        """The same setting, started at the overlaps of N(0, scale²) weights in ``dimension`` dimensions.

        Raises
        ------
        InvalidInput
            Where the levels are not whole numbers of directions, and for what cannot be a scale or a seed.
        """
        rng = np.random.default_rng(whole("seed", seed))
        size = finite("scale", scale)
        if size <= 0.0:
            raise InvalidInput(f"scale must be greater than 0, not {size:g}")
        found = []
        for count in directions(self, dimension):
            weights = rng.standard_normal((self.students + self.teachers, count))
            weights[self.students :] = _orthonormal(weights[self.students :]) * np.sqrt(count)
            weights[: self.students] *= size
            gram = weights @ weights.T / count
            found.append((gram[: self.students, : self.students], gram[: self.students, self.students :]))
        Q, R = (np.array(part) for part in zip(*found, strict=True))
        return self.replace(student_overlaps=Q, teacher_overlaps=R)

    @classmethod
    def _from_plain(cls, name: str, value: Any) -> Any:
        if name == "spectrum" and isinstance(value, Mapping):
            return (PowerLawSpectrum if "beta" in value else Spectrum).from_dict(value)
        return value


def directions(setting: CommitteeSetting, dimension: int) -> list[int]:
    """How many of N directions each level has.

    Raises
    ------
    InvalidInput
        Where these are not whole numbers, or too few for the students and teachers to be independent in a level.
    """
    N = positive_integer("dimension", dimension)
    shares = setting.spectrum.weights
    counts = np.rint(shares * N).astype(int)
    if np.any(np.abs(counts - shares * N) > 1e-6):
        raise InvalidInput(
            "dimension must give every level a whole number of directions (for equal shares: be a multiple of "
            f"{setting.spectrum.levels}), not {N}"
        )
    fewest = setting.students + setting.teachers
    if counts.min() < fewest:
        raise InvalidInput(
            f"dimension must give every level students + teachers = {fewest} directions or more, but {N} gives one of "
            f"them {counts.min()}"
        )
    return counts.tolist()


def _orthonormal(rows: Array) -> Array:
    return np.linalg.qr(rows.T)[0].T


def _numbers(name: str, value: ArrayLike) -> Array:
    array = finite_array(name, value, "a number or an array of numbers")
    if array.ndim == 0:
        raise InvalidInput(f"{name} must be a number or an array of numbers, not {shown(value)}")
    return array


def _nested(array: Array) -> Any:
    return tuple(_nested(part) for part in array) if array.ndim else float(array)
