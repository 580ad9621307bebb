"""What to cite: the BibTeX of the methods that a call rests on."""

from __future__ import annotations

from typing import Any

from spectralaw.errors import InvalidInput

_ENTRIES = {
    "defilippis2025scaling": (
        "misc",
        {
            "title": "Scaling Laws and Spectra of Shallow Neural Networks in the Feature Learning Regime",
            "author": "Defilippis, Leonardo and Xu, Yizhou and Girardin, Julius and Troiani, Emanuele "
            "and Erba, Vittorio and Zdeborov{\\'a}, Lenka and Loureiro, Bruno and Krzakala, Florent",
            "year": "2025",
            "eprint": "2509.24882",
        },
    ),
    "erba2025nuclear": (
        "misc",
        {
            "title": "The Nuclear Route: Sharp Asymptotics of {ERM} in Overparameterized Quadratic Networks",
            "author": "Erba, Vittorio and Troiani, Emanuele and Zdeborov{\\'a}, Lenka and Krzakala, Florent",
            "year": "2025",
            "eprint": "2505.17958",
        },
    ),
    "maillard2024bayes": (
        "misc",
        {
            "title": "Bayes-optimal learning of an extensive-width neural network from quadratically many samples",
            "author": "Maillard, Antoine and Troiani, Emanuele and Martin, Simon and Krzakala, Florent "
            "and Zdeborov{\\'a}, Lenka",
            "year": "2024",
            "eprint": "2408.03733",
        },
    ),
    "donoho2009message": (
        "article",
        {
            "title": "Message-passing algorithms for compressed sensing",
            "author": "Donoho, David L. and Maleki, Arian and Montanari, Andrea",
            "journal": "Proceedings of the National Academy of Sciences",
            "year": "2009",
            "eprint": "0907.3574",
        },
    ),
    "bayati2010lasso": (
        "article",
        {
            "title": "The {LASSO} risk for {G}aussian matrices",
            "author": "Bayati, Mohsen and Montanari, Andrea",
            "journal": "IEEE Transactions on Information Theory",
            "year": "2012",
            "eprint": "1008.2581",
        },
    ),
    "beck2009fista": (
        "article",
        {
            "title": "A Fast Iterative Shrinkage-Thresholding Algorithm for Linear Inverse Problems",
            "author": "Beck, Amir and Teboulle, Marc",
            "journal": "SIAM Journal on Imaging Sciences",
            "year": "2009",
        },
    ),
    "liu1989lbfgs": (
        "article",
        {
            "title": "On the limited memory {BFGS} method for large scale optimization",
            "author": "Liu, Dong C. and Nocedal, Jorge",
            "journal": "Mathematical Programming",
            "year": "1989",
        },
    ),
    "pedregosa2011scikit": (
        "article",
        {
            "title": "Scikit-learn: Machine Learning in {P}ython",
            "author": "Pedregosa, Fabian and others",
            "journal": "Journal of Machine Learning Research",
            "year": "2011",
        },
    ),
    "hoffmann2022training": (
        "misc",
        {
            "title": "Training Compute-Optimal Large Language Models",
            "author": "Hoffmann, Jordan and Borgeaud, Sebastian and Mensch, Arthur and others",
            "year": "2022",
            "eprint": "2203.15556",
        },
    ),
    "besiroglu2024chinchilla": (
        "misc",
        {
            "title": "Chinchilla Scaling: A replication attempt",
            "author": "Besiroglu, Tamay and Erdil, Ege and Barnett, Matthew and You, Josh",
            "year": "2024",
            "eprint": "2404.10102",
        },
    ),
    "caballero2022broken": (
        "misc",
        {
            "title": "Broken Neural Scaling Laws",
            "author": "Caballero, Ethan and Gupta, Kshitij and Rish, Irina and Krueger, David",
            "year": "2022",
            "eprint": "2210.14891",
        },
    ),
    "alabdulmohsin2022revisiting": (
        "misc",
        {
            "title": "Revisiting Neural Scaling Laws in Language and Vision",
            "author": "Alabdulmohsin, Ibrahim and Neyshabur, Behnam and Zhai, Xiaohua",
            "year": "2022",
            "eprint": "2209.06640",
        },
    ),
    "porian2024resolving": (
        "misc",
        {
            "title": "Resolving Discrepancies in Compute-Optimal Scaling of Language Models",
            "author": "Porian, Tomer and Wortsman, Mitchell and Jitsev, Jenia and Schmidt, Ludwig and Carmon, Yair",
            "year": "2024",
            "eprint": "2406.19146",
        },
    ),
    "gadre2024language": (
        "misc",
        {
            "title": "Language models scale reliably with over-training and on downstream tasks",
            "author": "Gadre, Samir Yitzhak and Smyrnis, Georgios and Shankar, Vaishaal and others",
            "year": "2024",
            "eprint": "2403.08540",
        },
    ),
}
_TOPICS = {
    "fit-chinchilla": ("hoffmann2022training", "besiroglu2024chinchilla"),
    "fit-tied": ("gadre2024language", "hoffmann2022training"),
    "fit-broken": ("caballero2022broken",),
    "fit-forecast": ("alabdulmohsin2022revisiting",),
    "isoflop": ("hoffmann2022training", "porian2024resolving"),
    "predict-diagonal": ("defilippis2025scaling", "donoho2009message", "bayati2010lasso"),
    "predict-quadratic": ("defilippis2025scaling", "erba2025nuclear"),
    "bayes": ("defilippis2025scaling", "maillard2024bayes"),
    "train-diagonal": ("defilippis2025scaling", "pedregosa2011scikit"),
    "train-quadratic": ("defilippis2025scaling", "erba2025nuclear", "beck2009fista"),
    "train-network": ("defilippis2025scaling", "liu1989lbfgs"),
}


def topics() -> tuple[str, ...]:
    """What can be cited by name."""
    return tuple(_TOPICS)


def cite(*subjects: Any) -> str:
    """BibTeX of the methods behind results.

    Parameters
    ----------
    *subjects
        Tasks, predictions, trained networks, comparisons, or names of topics (:func:`topics`); none means everything.

    Returns
    -------
    str
        BibTeX entries, each once.
    """
    keys = dict.fromkeys(key for subject in subjects for key in _keys(subject)) if subjects else dict.fromkeys(_ENTRIES)
    return "\n".join(_format(key) for key in keys)


def _keys(subject: Any) -> tuple[str, ...]:
    if isinstance(subject, str):
        if subject not in _TOPICS:
            raise InvalidInput(f"topic must be one of {', '.join(_TOPICS)}, not {subject!r}")
        return _TOPICS[subject]
    if hasattr(subject, "citations"):  # arXiv numbers, as a fit carries them
        return tuple(key for key, (_, fields) in _ENTRIES.items() if fields.get("eprint") in subject.citations)
    if hasattr(subject, "runs"):
        return tuple(key for part in (subject.prediction, *subject.runs) for key in _keys(part))
    task = getattr(subject, "task", subject)
    if not hasattr(task, "network"):
        raise InvalidInput(f"cite takes tasks, results or topics, not {subject!r}")
    if hasattr(subject, "method"):
        return _TOPICS["train-network" if subject.method == "network" else f"train-{task.network}"]
    return _TOPICS[f"predict-{task.network}"]


def _format(key: str) -> str:
    kind, fields = _ENTRIES[key]
    extra = {"archiveprefix": "arXiv"} if "eprint" in fields else {}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, **extra}.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])
