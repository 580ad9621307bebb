"""What is asked: one learning problem, validated."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spectralaw._checks import at_least, choice, finite, positive_integer, shown
from spectralaw.display import table
from spectralaw.errors import InvalidInput
from spectralaw.inputs import INPUTS, LARGEST_COLOURED, Inputs, White
from spectralaw.teacher import Array, Empirical, FiniteRank, PowerLaw, Teacher

Network = Literal["diagonal", "quadratic"]
LARGEST_DIMENSION = 10**12


@dataclass(frozen=True)
class Task:
    """A two-layer network trained with weight decay on a teacher of its own architecture.

    n samples x ~ N(0, I_d), labels y = f*(x) + √Δ ξ with ξ ~ N(0, 1); the network minimises

        Σ_μ (y_μ − f(x_μ; W, a))² + λ (‖W‖² + ‖a‖²)

    with f = Σ_i a_i w_i x_i / √d (diagonal) or f = Tr[S (x xᵀ − I)] / √d, S = WᵀW / √(p d) (quadratic, a ≡ 1).

    Parameters
    ----------
    network : {"diagonal", "quadratic"}
    dimension : int
        Input dimension d, from 2 to 10¹².
    samples : float
        Number n of training samples, any positive number for the theory; training rounds it to a whole number.
    weight_decay : float
        λ ≥ 0 of the objective above; λ = 0 stands for the limit λ → 0.
    noise_variance : float
        Δ ≥ 0, the variance of the label noise.
    teacher : Teacher
        Spectrum of the target: :class:`~spectralaw.PowerLaw`, :class:`~spectralaw.FiniteRank`,
        :class:`~spectralaw.Empirical`.
    width : int, optional
        Number p of hidden units of the quadratic network. ``None`` means wide enough not to matter, in the
        convention p = d. For other widths λ acts as λ √(p/d).
    inputs : Inputs, optional
        :class:`~spectralaw.White` (default), :class:`~spectralaw.PowerLawInputs`, :class:`~spectralaw.EmpiricalInputs`:
        variances of the inputs along the teacher's own directions. The teacher values keep their meaning; the power of
        the target is then Σ ν_i E θ*_i² (diagonal) or (2/d) Σ (s_i ν_i)² (quadratic), whose f is centred with Σ.

    Raises
    ------
    InvalidInput
        One sentence that names the argument, its value and what would be right.

    References
    ----------
    arXiv:2509.24882, section 2; inputs that are not white: arXiv:2007.13716 (diagonal network).
    """

    network: Network
    dimension: int
    samples: float
    weight_decay: float
    noise_variance: float = 0.0
    teacher: Teacher = field(default_factory=PowerLaw)
    width: int | None = None
    inputs: Inputs = field(default_factory=White)

    def __post_init__(self) -> None:
        self._set("network", choice("network", self.network, ("diagonal", "quadratic"), joined=" or "))
        dimension = positive_integer("dimension", self.dimension)
        if not 2 <= dimension <= LARGEST_DIMENSION:
            raise InvalidInput(f"dimension must be from 2 to 10^12, not {dimension}")
        samples = finite("samples", self.samples)
        if samples < 1:
            raise InvalidInput(f"samples must be 1 or greater, not {samples:g}")
        self._set("dimension", dimension)
        self._set("samples", samples)
        self._set("weight_decay", at_least("weight_decay", self.weight_decay, 0.0))
        self._set("noise_variance", at_least("noise_variance", self.noise_variance, 0.0))
        if isinstance(self.teacher, type) or not isinstance(self.teacher, Teacher):
            raise InvalidInput(f"teacher must be PowerLaw, FiniteRank or Empirical, not {shown(self.teacher)}")
        if self.network == "quadratic" and isinstance(self.teacher, Empirical) and min(self.teacher.spectrum) < 0:
            raise InvalidInput(
                f"teacher must have no negative value for the quadratic network, not {min(self.teacher.spectrum):g}"
            )
        if self.width is not None:
            if self.network == "diagonal":
                raise InvalidInput(
                    "width must not be given for the diagonal network, whose width is the dimension, "
                    f"not {shown(self.width)}"
                )
            self._set("width", positive_integer("width", self.width))
        self._check_inputs(dimension)
        self.teacher.value_at(_ONE, dimension, self.total_power)  # a teacher that does not fit the dimension speaks now

    def _check_inputs(self, dimension: int) -> None:
        if isinstance(self.inputs, type) or not isinstance(self.inputs, Inputs):
            raise InvalidInput(f"inputs must be White, PowerLawInputs or EmpiricalInputs, not {shown(self.inputs)}")
        if self.white:
            return
        largest = LARGEST_COLOURED[self.network]
        if dimension > largest:
            raise InvalidInput(
                f"dimension must be at most {largest:,} for inputs that are not white in the {self.network} network, "
                f"not {dimension:,}"
            )
        if self.width is not None and self.width < dimension:
            raise InvalidInput(
                f"width must be at least the dimension {dimension} for inputs that are not white, not {self.width}"
            )
        self.inputs.check(dimension)

    @property
    def white(self) -> bool:
        """Whether the inputs are white."""
        return isinstance(self.inputs, White)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _repr_html_(self) -> str:
        pairs = [(name.replace("_", " "), getattr(self, name)) for name in self.field_names()]
        shown = [(name, value if isinstance(value, str) else repr(value)) for name, value in pairs if value is not None]
        return table("Task", shown)

    def replace(self, **changes: Any) -> Task:
        """A copy with some fields changed, validated again."""
        unknown = set(changes) - {f.name for f in dataclasses.fields(self)}
        if unknown:
            raise InvalidInput(f"unknown field {sorted(unknown)[0]!r}; a task has {', '.join(self.field_names())}")
        return dataclasses.replace(self, **changes)

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(f.name for f in dataclasses.fields(cls))

    @property
    def total_power(self) -> float:
        """Σ s_i² to which the teacher laws are scaled: d (quadratic, so that Q* = 1) or 1 (diagonal)."""
        return float(self.dimension) if self.network == "quadratic" else 1.0

    @property
    def effective_samples(self) -> float:
        """n_eff: n for the diagonal network, n/d for the quadratic one."""
        return self.samples if self.network == "diagonal" else self.samples / self.dimension

    @property
    def effective_weight_decay(self) -> float:
        """λ̃ = λ √(p/d) of the quadratic network (λ when no width is given), λ of the diagonal one."""
        return self.weight_decay if self.width is None else self.weight_decay * math.sqrt(self.width / self.dimension)

    def teacher_values(self) -> Array:
        """All d teacher values in the units of the network, largest first."""
        return self.teacher.values(self.dimension, self.total_power)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, from which :meth:`from_dict` rebuilds the task."""
        laws = {"teacher": self.teacher, **({} if self.white else {"inputs": self.inputs})}
        values: dict[str, Any] = {n: getattr(self, n) for n in self.field_names() if n not in ("teacher", "inputs")}
        for name, law in laws.items():
            values[name] = {"kind": type(law).__name__, **dataclasses.asdict(law)}  # type: ignore[call-overload]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Task:
        """The task that :meth:`to_dict` wrote."""
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise InvalidInput(f"a task is made of a mapping of its fields, not of {shown(values)}")
        values = dict(values)
        teacher = _law("teacher", values.pop("teacher", {"kind": "PowerLaw"}), TEACHERS)
        inputs = _law("inputs", values.pop("inputs", {"kind": "White"}), INPUTS)
        unknown = set(values) - set(cls.field_names())
        if unknown:
            raise InvalidInput(f"unknown field {sorted(unknown)[0]!r}; a task has {', '.join(cls.field_names())}")
        try:
            return cls(**values, teacher=teacher, inputs=inputs)
        except TypeError as error:
            raise InvalidInput(f"a task cannot be made of these fields: {error}") from error


TEACHERS = {"PowerLaw": PowerLaw, "FiniteRank": FiniteRank, "Empirical": Empirical}


def _law(name: str, values: Any, kinds: Mapping[str, Any]) -> Any:
    if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values):
        raise InvalidInput(f"{name} must be a mapping of its kind and fields, not {shown(values)}")
    fields = dict(values)
    kind = choice(f"{name} kind", fields.pop("kind", None), kinds)
    try:
        return kinds[kind](**fields)
    except TypeError as error:
        raise InvalidInput(f"{name} cannot be made of these fields: {error}") from error


def required(task: Any) -> Task:
    """The argument ``task`` of a function, or a sentence that it is none."""
    if not isinstance(task, Task):
        raise InvalidInput(f"task must be a Task, not {shown(task)}")
    return task


def _one() -> Array:
    import numpy as np

    return np.ones(1)


_ONE = _one()
