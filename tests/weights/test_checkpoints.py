"""Several checkpoints: what changed, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl

RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((100, 200))
U, V = RNG.standard_normal(100), RNG.standard_normal(200)
STEP = 60.0 * np.outer(U / np.linalg.norm(U), V / np.linalg.norm(V))
FAST = {"intervals": False, "null": "edge"}


def _matrix(seed):
    return np.random.default_rng(seed).standard_normal((100, 200))


def test_a_rank_one_update_is_one_spike_of_the_update():
    checkpoints = sl.diagnose([{"w": NOISE}, {"w": NOISE + 0.5 * STEP}, {"w": NOISE + STEP}], **FAST)
    change = checkpoints["w"]
    assert len(checkpoints) == 3 and change["spikes"].first == 0 and change["spikes"].last == 1
    assert change["spikes"].differs is True
    assert change.relative_change == pytest.approx(60.0 / np.linalg.norm(NOISE), rel=1e-12)
    assert change["spectral_norm"].differs and change["spectral_norm"].change > 20
    assert change["noise_std"].differs is False  # the bulk is the same noise


def test_nothing_changed():
    change = sl.diagnose([{"w": NOISE + STEP}, {"w": NOISE + STEP}], **FAST)["w"]
    assert change.relative_change == 0.0
    assert all(difference.differs is False for name, difference in change.differences.items() if name != "alpha")
    assert change["spikes"].change == 0


@pytest.mark.statistical
def test_error_bars_of_the_noise():
    pairs = [
        sl.diagnose([{"w": _matrix(2 * k)}, {"w": _matrix(2 * k + 1)}], **FAST)["w"]["noise_std"] for k in range(60)
    ]
    z = np.array([pair.change / pair.standard_error for pair in pairs])
    assert 0.7 < np.std(z) < 1.3 and sum(pair.differs for pair in pairs) <= 8  # 3 expected of 60
    other = sl.diagnose([{"w": _matrix(0)}, {"w": 1.1 * _matrix(1)}], **FAST)["w"]["noise_std"]
    assert other.differs  # ten standard errors


def test_exponents_are_compared_only_where_both_are_tails():
    rng = np.random.default_rng(3)
    heavy = [np.sort(rng.pareto(a, 1000) + 1.0)[::-1] for a in (1.0, 1.05, 3.0)]
    change = sl.diagnose([{"w": heavy[0]}, {"w": heavy[2]}], kind="eigenvalues")["w"]
    assert change["alpha"].differs is True and change["alpha"].standard_error > 0
    near = sl.diagnose([{"w": heavy[0]}, {"w": heavy[1]}], kind="eigenvalues")["w"]
    assert near["alpha"].differs is False
    noise = sl.diagnose([{"w": NOISE}, {"w": NOISE + STEP}])["w"]
    assert noise.differences["alpha"].differs is None


def test_tables_and_what_is_in_one_only(tmp_path):
    np.savez(tmp_path / "a.npz", w=NOISE, old=STEP + NOISE)
    np.savez(tmp_path / "b.npz", w=NOISE + STEP, new=STEP - NOISE)
    checkpoints = sl.diagnose([tmp_path / "a.npz", tmp_path / "b.npz"], **FAST)
    assert checkpoints.labels == ("a.npz", "b.npz") and set(checkpoints.only_in_some) == {"old", "new"}
    data = checkpoints.to_xarray()
    assert dict(data.sizes) == {"checkpoint": 2, "matrix": 3} and np.isnan(data.spikes.sel(matrix="new").values[0])
    values = checkpoints.to_dict()
    assert values["checkpoints"] == ["a.npz", "b.npz"] and values["changes"][0]["spikes"]["differs"] is True
    assert "not read in both: old, new" in repr(checkpoints) and "<table>" in checkpoints._repr_html_()
    assert checkpoints.to_csv().count("\n") == 2
    again = sl.diagnose([sl.diagnose(tmp_path / "a.npz", **FAST), sl.diagnose(tmp_path / "b.npz", **FAST)])
    assert again["w"].relative_change is None and again["w"]["spikes"].differs is True
    assert checkpoints.report(tmp_path / "r.html").read_text(encoding="utf-8").count("<img") == 3
    assert checkpoints.report(tmp_path / "r.pdf").exists()


def test_the_same_name_in_several_folders(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        np.savez(tmp_path / folder / "model.npz", w=NOISE)
    paths = [tmp_path / folder / "model.npz" for folder in ("one", "two")]
    assert sl.diagnose(paths, **FAST).labels == tuple(map(str, paths))
