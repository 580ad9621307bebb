"""Related systems, one package each: setting, theory, simulation, and an ``experiment.py`` that registers itself."""
