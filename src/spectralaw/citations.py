"""What to cite: the BibTeX of the methods that a call rests on."""

from __future__ import annotations

from typing import Any

from spectralaw._checks import is_ours, shown
from spectralaw.bibliography import ENTRIES, TOPICS
from spectralaw.errors import InvalidInput

_METHODS = ("theory", "convex", "network", "amp")


def topics() -> tuple[str, ...]:
    """What can be cited by name."""
    return tuple(TOPICS)


def cite(*subjects: Any) -> str:
    """BibTeX of the methods behind results.

    Parameters
    ----------
    *subjects
        Tasks; predictions, trained networks, comparisons, optimal decays, sweeps; datasets of a grid, a phase diagram
        or a sweep; reproductions; or names: of a topic (:func:`topics`), of an experiment, of an entry, or a number of
        the arXiv.
        None means everything.

    Returns
    -------
    str
        BibTeX entries, each once. What was used is cited: the Bayes-optimal risk of a prediction once it was asked for.

    Raises
    ------
    InvalidInput
        For what is none of these.
    """
    keys = dict.fromkeys(key for subject in subjects for key in _keys(subject)) if subjects else dict.fromkeys(ENTRIES)
    return "\n".join(_format(key) for key in keys)


def _keys(subject: Any) -> tuple[str, ...]:
    if isinstance(subject, str):
        return _named(subject)
    if is_ours(subject, "ScalingFit"):  # arXiv numbers, as a fit carries them
        return tuple(key for number in subject.citations for key in _named(number))
    if hasattr(subject, "diagnoses") or hasattr(subject, "passed_over"):
        return TOPICS["prune" if hasattr(subject, "parameters_after") else "diagnose"]
    if is_ours(subject, "Comparison"):
        return tuple(key for part in (subject.prediction, *subject.runs) for key in _keys(part))
    if is_ours(subject, "Sweep"):
        rows = {(r["network"], r["method"], _narrow(r.get("width"), r["dimension"])) for r in subject.records()}
        return tuple(key for row in sorted(rows) for key in _of(*row))
    if is_ours(subject, "Reproduction"):
        return _named(subject.name)
    if is_ours(subject, "OptimalDecay"):
        return TOPICS["optimum"] if subject.task is None else _keys(subject.task)
    if is_ours(subject, "PhasePoint"):
        return TOPICS["phases"]
    if hasattr(subject, "attrs") and hasattr(subject, "coords"):
        return _of_dataset(subject)
    task = getattr(subject, "task", subject)
    if not is_ours(task, "Task"):
        raise InvalidInput(f"cite takes tasks, results, datasets and names, not {shown(subject)}")
    if is_ours(subject, "Trained"):
        return _of_training(task.network, subject.method)
    return _of_prediction(
        task.network, _narrow(task.width, task.dimension), vars(subject).get("bayes_risk") is not None
    )


def _named(name: str) -> tuple[str, ...]:
    if name in TOPICS:
        return TOPICS[name]
    if name in ENTRIES:
        return (name,)
    number = name.lower().removeprefix("https://").removeprefix("arxiv.org/abs/").removeprefix("arxiv:").strip()
    found = tuple(key for key, (_, fields) in ENTRIES.items() if number and fields.get("eprint") == number)
    if found:
        return found
    from spectralaw.reproduction import registry

    if name in registry.names():
        return tuple(registry.experiment(name).references)
    raise InvalidInput(
        f"topic must be one of {', '.join(TOPICS)}, an experiment ({', '.join(registry.names())}), or a number of the "
        f"arXiv that is cited here, not {shown(name)}"
    )


def _of_prediction(network: str, narrow: bool, bayes: bool) -> tuple[str, ...]:
    keys = (*TOPICS[f"predict-{network}"], *(TOPICS["predict-narrow"] if narrow else ()))
    return (*keys, *TOPICS["bayes"]) if bayes and network == "quadratic" else keys


def _of_training(network: str, method: str) -> tuple[str, ...]:
    if method == "amp":
        return TOPICS[f"train-amp-{network}"]
    return TOPICS["train-network" if method == "network" else f"train-{network}"]


def _of(network: str, method: str, narrow: bool) -> tuple[str, ...]:
    """Of a row of results: the theory, or a training."""
    return _of_prediction(network, narrow, False) if method == "theory" else _of_training(network, method)


def _narrow(width: Any, dimension: Any) -> bool:
    return isinstance(width, (int, float)) and width < dimension


def _of_dataset(data: Any) -> tuple[str, ...]:
    """Of a dataset that says its network, in its attributes or along an axis."""

    def values(name: str) -> list[Any]:
        if name in data.coords:
            return data.coords[name].values.ravel().tolist()
        return [data.attrs[name]] if name in data.attrs else []

    networks = [network for network in map(str, values("network")) if network in ("diagonal", "quadratic")]
    if not networks:
        raise InvalidInput("cite takes a dataset that was made by spectralaw and names its network, not this one")
    methods = [m for m in map(str, values("method") + values("source")) if m in _METHODS] or ["theory"]
    narrow = any(_narrow(width, max(values("dimension"), default=0)) for width in values("width"))
    rows = [(network, method) for network in networks for method in methods]
    return tuple(key for network, method in rows for key in _of(network, method, narrow and network == "quadratic"))


def _format(key: str) -> str:
    kind, fields = ENTRIES[key]
    extra = {"archiveprefix": "arXiv"} if "eprint" in fields else {}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, **extra}.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])
