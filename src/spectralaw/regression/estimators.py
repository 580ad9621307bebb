"""Two-layer networks trained with weight decay, as scikit-learn estimators."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from spectralaw.errors import InvalidInput
from spectralaw.regression.inputs import RankScores, Standardising, Whitening
from spectralaw.regression.path import DiagonalProblem, PathPoint, QuadraticProblem, best, default_decays
from spectralaw.regression.reading import Reading, diagonal_reading, quadratic_reading
from spectralaw.regression.table import refuse_masked, two_classes
from spectralaw.training.risk_estimate import projected_kurtosis
from spectralaw.training.sensing import Array


class _Network(RegressorMixin, BaseEstimator):
    """What both networks have in common."""

    spectrum_: Array
    reading_: Reading

    def __init__(
        self,
        weight_decay: float | str = "auto",
        *,
        transform: str | None = None,
        path_points: int = 12,
        tolerance: float = 1e-6,
        max_iterations: int = 100_000,
        random_state: int = 0,
    ) -> None:
        self.weight_decay = weight_decay
        self.transform = transform
        self.path_points = path_points
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.random_state = random_state

    def __setattr__(self, name: str, value: Any) -> None:
        """Leave ``transform=None`` unset: scikit-learn takes what has an attribute of that name for a transformer."""
        if name == "transform" and value is None:
            self.__dict__.pop("transform", None)
        else:
            super().__setattr__(name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as scikit-learn asks for them."""
        return {name: getattr(self, name, None) for name in self._get_param_names()}

    @property
    def _rank(self) -> bool:
        return getattr(self, "transform", None) == "rank"

    def fit(self, X: Any, y: Any) -> Any:
        """Train on rows X and targets y.

        Parameters
        ----------
        X : array_like or DataFrame, shape (n, features)
            Finite numbers; sparse matrices are refused.
        y : array_like, shape (n,)
            Numbers; or two classes of text or truth values, which are then fitted as −1 and +1 in sorted order (least
            squares on ±1: the estimated risk is the squared error, not a share of wrong rows).

        Returns
        -------
        self
        """
        self._check_parameters()
        refuse_masked("X", X)
        refuse_masked("y", y)
        y, classes = _labels(y)
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2)
        if classes is None:
            if hasattr(self, "classes_"):
                del self.classes_
        else:
            self.classes_ = classes
        if not np.any(y != y[0]):
            raise InvalidInput(f"y must vary, but all {len(y)} targets are {y[0]:g}: there is nothing to learn")
        self.rank_scores_ = RankScores.of(X) if self._rank else None
        rows = X if self.rank_scores_ is None else self.rank_scores_(X)
        inputs = self._prepare(rows)
        self.spread_ = X.std(axis=0) if self.rank_scores_ is None else np.ones(X.shape[1])
        self.n_rows_ = len(y)
        self.intercept_ = float(np.mean(y))
        problem = self._problem(inputs, y - self.intercept_, projected_kurtosis(inputs, self.random_state))
        if self.weight_decay == "auto":
            decays = default_decays(problem.largest, self.path_points)
        else:
            decays = np.array([float(self.weight_decay)])
        self.path_ = problem.solve(decays, self.tolerance, self.max_iterations)
        chosen = best(self.path_)
        self.weight_decay_ = chosen.weight_decay
        self.gap_ = chosen.gap
        self.n_iter_ = max(1, getattr(chosen.parameters, "iterations", 1))
        self.risk_estimate_ = chosen.risk
        self.degrees_of_freedom_ = chosen.risk.degrees_of_freedom
        self.training_loss_ = chosen.training_loss
        self._parameters = chosen.parameters
        self._keep(chosen, len(y))
        if chosen.gap > self.tolerance:
            import warnings

            warnings.warn(
                f"training stopped with a relative duality gap of {chosen.gap:.1e}, above the tolerance "
                f"{self.tolerance:.1e}; raise max_iterations or the tolerance",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: Any) -> Array:
        """Predicted targets of rows, shape (n,); of two classes, the fitted −1 … +1."""
        check_is_fitted(self)
        return self._evaluate(self._parameters, self._inputs(X)) + self.intercept_

    def _inputs(self, X: Any) -> Array:
        refuse_masked("X", X)
        rows = cast(Array, validate_data(self, X, dtype=np.float64, reset=False))  # without y, the rows alone
        return self._transformed(rows if self.rank_scores_ is None else self.rank_scores_(rows))

    def plot_path(self, X: Any = None, y: Any = None) -> Any:
        """Figure of training loss, GCV and ALO against the weight decay; held-out error if other rows are given."""
        from spectralaw.figures.own_data import draw_path

        check_is_fitted(self)
        held_out = None
        if X is not None:
            inputs, targets = self._inputs(X), self._numeric(y) - self.intercept_
            outputs = [self._evaluate(point.parameters, inputs) for point in self.path_]
            held_out = [float(np.mean((output - targets) ** 2)) for output in outputs]
        return draw_path(self.path_, self.weight_decay_, held_out)

    def plot_spectrum(self) -> Any:
        """Figure of the trained weights: learned features, learned noise, zeros."""
        from spectralaw.figures.own_data import draw_spectrum

        check_is_fitted(self)
        return draw_spectrum(self.spectrum_, self.reading_)

    def predict_class(self, X: Any) -> Any:
        """The nearer of the two classes of each row."""
        check_is_fitted(self)
        if not hasattr(self, "classes_"):
            raise InvalidInput("predict_class needs targets of two classes at fit, not numbers; use predict")
        return self.classes_[(self.predict(X) > 0.0).astype(int)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² on rows X with targets y, which may be the two classes of fit."""
        return super().score(X, self._numeric(y), sample_weight)

    def _numeric(self, y: Any) -> Any:
        refuse_masked("y", y)
        if not hasattr(self, "classes_"):
            return np.asarray(y)
        labels = np.asarray(y)
        if self.classes_.dtype.kind != "b":
            labels = labels.astype(str)  # not to the length of the known classes, which would cut others to fit
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise InvalidInput(f"y must hold the classes {', '.join(map(str, self.classes_))}, not {unknown[0]}")
        return np.where(labels == self.classes_[1], 1.0, -1.0)

    def _check_parameters(self) -> None:
        decay = self.weight_decay
        if decay != "auto" and (
            isinstance(decay, (bool, str)) or not isinstance(decay, Real) or not np.isfinite(decay) or decay <= 0
        ):
            raise InvalidInput(f"weight_decay must be 'auto' or a number greater than 0, not {decay!r}")
        if getattr(self, "transform", None) not in (None, "rank"):
            raise InvalidInput(f"transform must be None or 'rank', not {self.transform!r}")
        for name, least in (("path_points", 2), ("max_iterations", 1), ("random_state", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
                raise InvalidInput(f"{name} must be a whole number of {least} or greater, not {value!r}")
        tolerance = self.tolerance
        if isinstance(tolerance, bool) or not isinstance(tolerance, Real) or not 0.0 < float(tolerance) < 1.0:
            raise InvalidInput(f"tolerance must be a number between 0 and 1, not {tolerance!r}")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _prepare(self, rows: Array) -> Array: ...
    def _problem(self, inputs: Array, labels: Array, kurtosis: float) -> Any: ...
    def _keep(self, chosen: PathPoint, samples: int) -> None: ...
    def _transformed(self, rows: Array) -> Array: ...
    def _evaluate(self, parameters: Any, inputs: Array) -> Array: ...


class QuadraticRegressor(_Network):
    """Quadratic network, y ≈ Tr[S (z zᵀ − I)]/√d + mean, S ⪰ 0, on whitened inputs z.

    Minimises Σ (y − f)² + λ d Tr S exactly (the two-layer network of width ≥ d with weight decay λ, arXiv:2505.17958);
    inputs are centred and whitened on the training rows, targets are centred.

    Parameters
    ----------
    weight_decay : float or "auto"
        λ > 0; ``"auto"`` takes the one of least estimated risk along a path of ``path_points``, from where everything
        is zero down by 2.5 decades.
    transform : {None, "rank"}
        ``"rank"`` maps each feature to normal scores by its ranks first, for heavy-tailed features.
    path_points : int
    tolerance : float
        On the relative duality gap.
    max_iterations : int
    random_state : int
        Of the directions of the Gaussianity check and of the probes of the degrees of freedom.

    Attributes
    ----------
    weights_ : array, shape (features, features)
        Ŝ in the user's columns: f(x) = [(x − m)ᵀ weights_ (x − m) − Tr(weights_ Σ)]/√d + mean. With
        ``transform="rank"`` the columns are the normal scores.
    spectrum_ : array, shape (d,)
        Eigenvalues of Ŝ on whitened inputs, largest first.
    risk_estimate_ : RiskEstimate
        Expected squared error on new rows, from the training rows.
    degrees_of_freedom_, training_loss_, weight_decay_, gap_, intercept_ : float
    reading_ : Reading
    path_ : list of PathPoint
    cut_ : dict
        Directions cut in whitening: ``constant`` and ``heavy``.
    classes_ : array, only for two classes
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # no linear part: it cannot fit the linear data of generic checks
        return tags

    def _prepare(self, rows: Array) -> Array:
        self.whitening_ = Whitening.of(rows)
        self.cut_ = {"constant": self.whitening_.constant, "heavy": self.whitening_.heavy}
        if self.whitening_.forward.shape[1] == 0:
            raise InvalidInput(f"X must vary, but all {len(rows)} rows are equal")
        return self.whitening_(rows)

    def _problem(self, inputs: Array, labels: Array, kurtosis: float) -> QuadraticProblem:
        return QuadraticProblem(inputs, labels, kurtosis, self.random_state)

    def _keep(self, chosen: PathPoint, samples: int) -> None:
        trained, forward = chosen.parameters, self.whitening_.forward
        d = forward.shape[1]
        seen = forward @ trained.factor
        self.weights_ = seen @ seen.T
        self.spectrum_ = np.concatenate([trained.eigenvalues, np.zeros(d - len(trained.eigenvalues))])
        total = chosen.risk.value if np.isfinite(chosen.risk.value) else chosen.training_loss
        self.reading_: Reading = quadratic_reading(
            trained, total, chosen.risk.degrees_of_freedom, samples, chosen.weight_decay, forward
        )

    def _transformed(self, rows: Array) -> Array:
        return self.whitening_(rows)

    def _evaluate(self, parameters: Any, inputs: Array) -> Array:
        factor = parameters.factor
        return (np.sum((inputs @ factor) ** 2, axis=1) - np.sum(factor**2)) / np.sqrt(inputs.shape[1])


class DiagonalRegressor(_Network):
    """Diagonal linear network, y ≈ θ · z + mean, on standardised inputs z.

    Minimises ½ Σ (y − f)² + λ √d ‖θ‖₁ exactly: the LASSO, to which the two-layer network Σ a_i w_i z_i/√d with weight
    decay λ on both layers is equivalent (arXiv:2509.24882).

    Parameters
    ----------
    weight_decay, transform, path_points, tolerance, max_iterations, random_state
        As for :class:`QuadraticRegressor`.

    Attributes
    ----------
    weights_ : array, shape (features,)
        Coefficients of the user's columns: f(x) = (x − m) · weights_ + mean.
    spectrum_ : array, shape (features,)
        Coefficients θ̂ of the standardised columns, largest first.
    risk_estimate_, degrees_of_freedom_, training_loss_, weight_decay_, gap_, intercept_, reading_, path_, cut_,
    classes_
        As for :class:`QuadraticRegressor`.
    """

    def _prepare(self, rows: Array) -> Array:
        self.standardising_ = Standardising.of(rows)
        self.cut_ = {"constant": self.standardising_.constant, "heavy": 0}
        if self.standardising_.constant == rows.shape[1]:
            raise InvalidInput(f"X must vary, but all {len(rows)} rows are equal")
        return self.standardising_(rows)

    def _problem(self, inputs: Array, labels: Array, kurtosis: float) -> DiagonalProblem:
        return DiagonalProblem(inputs, labels, kurtosis)

    def _keep(self, chosen: PathPoint, samples: int) -> None:
        theta, scale = chosen.parameters, self.standardising_.scale
        self.coefficients_ = theta
        self.weights_ = theta / scale
        self.spectrum_ = np.sort(theta)[::-1]
        total = chosen.risk.value if np.isfinite(chosen.risk.value) else chosen.training_loss
        self.reading_ = diagonal_reading(
            theta, total, chosen.risk.degrees_of_freedom, samples, chosen.weight_decay, scale
        )

    def _transformed(self, rows: Array) -> Array:
        return self.standardising_(rows)

    def _evaluate(self, parameters: Any, inputs: Array) -> Array:
        return inputs @ parameters


def _labels(y: Any) -> tuple[Any, Any]:
    """Targets, and the two classes behind them where they are none."""
    array = np.asarray(y)
    if array.ndim != 1 or array.dtype.kind not in "bOUS":
        return y, None
    values, classes = two_classes(array)
    return (y if classes is None else values), classes
