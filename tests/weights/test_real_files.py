"""Weights that others trained: ``SPECTRALAW_WEIGHTS`` names a folder in which the files lie, wherever in it.

``pip download --no-deps silero-vad==6.2.3 g2p-en==2.1.0`` brings them; nothing of them is part of this project.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import spectralaw as sl


def _file(name: str) -> Path:
    folder = os.environ.get("SPECTRALAW_WEIGHTS")
    if not folder:
        pytest.skip("SPECTRALAW_WEIGHTS names no folder of weights, which are others' and not in the repository")
    found = sorted(Path(folder).rglob(name))
    if not found:
        pytest.skip(f"{name}, which is others' and not in the repository, is not in the folder of SPECTRALAW_WEIGHTS")
    return found[0]


SILERO = {  # spikes, s1, stable rank, effective rank, prune error, alpha, n, D
    "lstm_cell.weight_ih": (25, 18.885698, 13.2192, 109.4007, 0.61937, 2.35184, 37, 0.05640),
    "lstm_cell.weight_hh": (29, 27.272604, 11.8546, 109.4005, 0.57917, 2.45252, 28, 0.07676),
}
G2P = {"enc_w_ih": (28, 9.18077, 10.617), "enc_w_hh": (54, 18.23075, 7.481), "dec_w_hh": (55, 16.21960, 13.166)}


def test_silero_vad():
    diagnosis = sl.diagnose(_file("silero_vad_16k.safetensors"), intervals=False)
    for name, (spikes, norm, stable, effective, error, alpha, n, distance) in SILERO.items():
        row = diagnosis[name].to_dict()
        assert row["status"] == "ok" and row["spikes"] == spikes
        assert row["spectral_norm"] == pytest.approx(norm, rel=1e-6)
        assert row["stable_rank"] == pytest.approx(stable, rel=1e-3)
        assert row["effective_rank"] == pytest.approx(effective, rel=1e-3)
        assert row["prune"]["relative_error"] == pytest.approx(error, rel=1e-3)
        assert row["tail"]["alpha"] == pytest.approx(alpha, rel=1e-3)
        assert row["tail"]["n"] == n and row["tail"]["ks"] == pytest.approx(distance, rel=1e-2)


def test_g2p():
    diagnosis = sl.diagnose(_file("checkpoint20.npz"), intervals=False)
    for name, (spikes, norm, stable) in G2P.items():
        row = diagnosis[name].to_dict()
        assert row["spikes"] == spikes
        assert row["spectral_norm"] == pytest.approx(norm, rel=1e-5)
        assert row["stable_rank"] == pytest.approx(stable, rel=1e-3)


def test_optimizer_state_of_resemblyzer_is_passed_over():
    diagnosis = sl.diagnose(_file("pretrained.pt"), intervals=False)
    assert len(diagnosis.read) == 7
    assert sum(str(row.status) == "optimizer_state" for row in diagnosis) == 32


def test_facenet_and_onnx():
    assert sl.diagnose(_file("onet.pt"), intervals=False)["dense5.weight"].to_dict()["spikes"] == 94
    pytest.importorskip("onnx")
    assert sl.diagnose(_file("nmp.onnx"), intervals=False, include="*").format == "onnx"
