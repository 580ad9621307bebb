"""What to cite: the BibTeX of the methods that a call rests on."""

from __future__ import annotations

from typing import Any

from spectralaw._checks import is_ours, shown
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
    "girardin2026width": (
        "misc",
        {
            "title": "How Width and Data Shape Generalization Scaling Laws in Quadratic Neural Networks",
            "author": "Girardin, Julius and Troiani, Emanuele and Xu, Yizhou and Erba, Vittorio "
            "and Krzakala, Florent and Zdeborov{\\'a}, Lenka",
            "year": "2026",
            "eprint": "2606.28242",
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
    "hodgkinson2025models": (
        "misc",
        {
            "title": "Models of Heavy-Tailed Mechanistic Universality",
            "author": "Hodgkinson, Liam and Wang, Zhichao and Mahoney, Michael W.",
            "year": "2025",
            "eprint": "2506.03470",
        },
    ),
    "nadakuditi2014optshrink": (
        "article",
        {
            "title": "{OptShrink}: An Algorithm for Improved Low-Rank Signal Matrix Denoising by Optimal, Data-Driven "
            "Singular Value Shrinkage",
            "author": "Nadakuditi, Raj Rao",
            "journal": "IEEE Transactions on Information Theory",
            "year": "2014",
            "eprint": "1306.6042",
        },
    ),
    "clauset2009power": (
        "article",
        {
            "title": "Power-Law Distributions in Empirical Data",
            "author": "Clauset, Aaron and Shalizi, Cosma Rohilla and Newman, Mark E. J.",
            "journal": "SIAM Review",
            "year": "2009",
            "eprint": "0706.1062",
        },
    ),
    "johnstone2001largest": (
        "article",
        {
            "title": "On the distribution of the largest eigenvalue in principal components analysis",
            "author": "Johnstone, Iain M.",
            "journal": "Annals of Statistics",
            "year": "2001",
        },
    ),
    "martin2021implicit": (
        "article",
        {
            "title": "Implicit Self-Regularization in Deep Neural Networks: Evidence from Random Matrix Theory and "
            "Implications for Learning",
            "author": "Martin, Charles H. and Mahoney, Michael W.",
            "journal": "Journal of Machine Learning Research",
            "year": "2021",
            "eprint": "1810.01075",
        },
    ),
    "celentano2020lasso": (
        "misc",
        {
            "title": "The Lasso with general {G}aussian designs with applications to hypothesis testing",
            "author": "Celentano, Michael and Montanari, Andrea and Wei, Yuting",
            "year": "2020",
            "eprint": "2007.13716",
        },
    ),
    "damico2025implicit": (
        "misc",
        {
            "title": "Implicit bias produces neural scaling laws in learning curves, from perceptrons to deep networks",
            "author": "D'Amico, Francesco and Bocchi, Dario and Negri, Matteo",
            "year": "2025",
            "eprint": "2505.13230",
        },
    ),
    "worschech2024analyzing": (
        "misc",
        {
            "title": "Analyzing Neural Scaling Laws in Two-Layer Networks with Power-Law Data Spectra",
            "author": "Worschech, Roman and Rosenow, Bernd",
            "year": "2024",
            "eprint": "2410.09005",
        },
    ),
    "woodworth2020kernel": (
        "misc",
        {
            "title": "Kernel and Rich Regimes in Overparametrized Models",
            "author": "Woodworth, Blake and Gunasekar, Suriya and Lee, Jason D. and Moroshko, Edward"
            " and Savarese, Pedro and Golan, Itay and Soudry, Daniel and Srebro, Nathan",
            "year": "2020",
            "eprint": "2002.09277",
        },
    ),
    "zhao2024theoretical": (
        "misc",
        {
            "title": "Theoretical characterisation of the {G}auss-{N}ewton conditioning in Neural Networks",
            "author": "Zhao, Jim and Singh, Sidak Pal and Lucchi, Aurelien",
            "year": "2024",
            "eprint": "2411.02139",
        },
    ),
    "tamai2023universal": (
        "misc",
        {
            "title": "Universal Scaling Laws of Absorbing Phase Transitions in Artificial Deep Neural Networks",
            "author": "Tamai, Keiichi and Okubo, Tsuyoshi and Duy, Truong Vinh Truong and Natori, Naotake"
            " and Todo, Synge",
            "year": "2023",
            "eprint": "2307.02284",
        },
    ),
    "chen2024generalization": (
        "misc",
        {
            "title": "Generalization of Scaled Deep {ResNets} in the Mean-Field Regime",
            "author": "Chen, Yihang and Liu, Fanghui and Lu, Yiping and Chrysos, Grigorios G. and Cevher, Volkan",
            "year": "2024",
            "eprint": "2403.09889",
        },
    ),
    "shilton2023gradient": (
        "misc",
        {
            "title": "Gradient Descent in Neural Networks as Sequential Learning in {RKBS}",
            "author": "Shilton, Alistair and Gupta, Sunil and Rana, Santu and Venkatesh, Svetha",
            "year": "2023",
            "eprint": "2302.00205",
        },
    ),
    "tsai2021formalizing": (
        "misc",
        {
            "title": "Formalizing Generalization and Robustness of Neural Networks to Weight Perturbations",
            "author": "Tsai, Yu-Lin and Hsu, Chia-Yi and Yu, Chia-Mu and Chen, Pin-Yu",
            "year": "2021",
            "eprint": "2103.02200",
        },
    ),
    "li2020understanding": (
        "misc",
        {
            "title": "Understanding Generalization in Deep Learning via Tensor Methods",
            "author": "Li, Jingling and Sun, Yanchao and Su, Jiahao and Suzuki, Taiji and Huang, Furong",
            "year": "2020",
            "eprint": "2001.05070",
        },
    ),
    "yunis2024approaching": (
        "misc",
        {
            "title": "Approaching Deep Learning through the Spectral Dynamics of Weights",
            "author": "Yunis, David and Patel, Kumar Kshitij and Wheeler, Samuel and Savarese, Pedro"
            " and Vardi, Gal and Livescu, Karen and Maire, Michael and Walter, Matthew R.",
            "year": "2024",
            "eprint": "2408.11804",
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
    "predict-narrow": ("defilippis2025scaling", "girardin2026width"),
    "bayes": ("defilippis2025scaling", "maillard2024bayes"),
    "train-diagonal": ("defilippis2025scaling", "pedregosa2011scikit"),
    "train-quadratic": ("defilippis2025scaling", "erba2025nuclear", "beck2009fista"),
    "train-amp-diagonal": ("defilippis2025scaling", "donoho2009message", "bayati2010lasso"),
    "train-amp-quadratic": ("defilippis2025scaling", "donoho2009message", "erba2025nuclear"),
    "phases": ("defilippis2025scaling",),
    "optimum": ("defilippis2025scaling",),
    "train-network": ("defilippis2025scaling", "liu1989lbfgs"),
    "diagnose": ("johnstone2001largest", "nadakuditi2014optshrink", "clauset2009power", "martin2021implicit"),
    "prune": ("nadakuditi2014optshrink", "defilippis2025scaling"),
    "heavy-tails": ("hodgkinson2025models",),
}


_METHODS = ("theory", "convex", "network", "amp")


def topics() -> tuple[str, ...]:
    """What can be cited by name."""
    return tuple(_TOPICS)


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
    keys = dict.fromkeys(key for subject in subjects for key in _keys(subject)) if subjects else dict.fromkeys(_ENTRIES)
    return "\n".join(_format(key) for key in keys)


def _keys(subject: Any) -> tuple[str, ...]:
    if isinstance(subject, str):
        return _named(subject)
    if is_ours(subject, "ScalingFit"):  # arXiv numbers, as a fit carries them
        return tuple(key for number in subject.citations for key in _named(number))
    if hasattr(subject, "diagnoses") or hasattr(subject, "passed_over"):
        return _TOPICS["prune" if hasattr(subject, "parameters_after") else "diagnose"]
    if is_ours(subject, "Comparison"):
        return tuple(key for part in (subject.prediction, *subject.runs) for key in _keys(part))
    if is_ours(subject, "Sweep"):
        rows = {(r["network"], r["method"], _narrow(r.get("width"), r["dimension"])) for r in subject.records()}
        return tuple(key for row in sorted(rows) for key in _of(*row))
    if is_ours(subject, "Reproduction"):
        return _named(subject.name)
    if is_ours(subject, "OptimalDecay"):
        return _TOPICS["optimum"] if subject.task is None else _keys(subject.task)
    if is_ours(subject, "PhasePoint"):
        return _TOPICS["phases"]
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
    if name in _TOPICS:
        return _TOPICS[name]
    if name in _ENTRIES:
        return (name,)
    number = name.lower().removeprefix("https://").removeprefix("arxiv.org/abs/").removeprefix("arxiv:").strip()
    found = tuple(key for key, (_, fields) in _ENTRIES.items() if number and fields.get("eprint") == number)
    if found:
        return found
    from spectralaw.reproduction import registry

    if name in registry.names():
        return tuple(registry.experiment(name).references)
    raise InvalidInput(
        f"topic must be one of {', '.join(_TOPICS)}, an experiment ({', '.join(registry.names())}), or a number of the "
        f"arXiv that is cited here, not {shown(name)}"
    )


def _of_prediction(network: str, narrow: bool, bayes: bool) -> tuple[str, ...]:
    keys = (*_TOPICS[f"predict-{network}"], *(_TOPICS["predict-narrow"] if narrow else ()))
    return (*keys, *_TOPICS["bayes"]) if bayes and network == "quadratic" else keys


def _of_training(network: str, method: str) -> tuple[str, ...]:
    if method == "amp":
        return _TOPICS[f"train-amp-{network}"]
    return _TOPICS["train-network" if method == "network" else f"train-{network}"]


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
    kind, fields = _ENTRIES[key]
    extra = {"archiveprefix": "arXiv"} if "eprint" in fields else {}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, **extra}.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])
