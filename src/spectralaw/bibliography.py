"""The papers behind the methods, and which of them each topic rests on; :mod:`.citations` says who rests on what."""

from __future__ import annotations

ENTRIES = {
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
"""Kind and fields of each entry, by its key."""

TOPICS: dict[str, tuple[str, ...]] = {
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
"""Keys by topic."""
