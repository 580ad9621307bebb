"""The committed gallery is that of the registry: names, sizes, claims, verdicts, pictures."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
_spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
assert _spec and _spec.loader
gallery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gallery)


@pytest.fixture(scope="module")
def committed():
    return json.loads(gallery.DATA.read_text(encoding="utf-8"))


def test_the_committed_gallery_is_that_of_the_registry(committed):
    assert not gallery.differences(committed, gallery.registered()), "run make gallery"


def test_the_page_is_that_of_its_data(committed):
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page(committed)
    for entry in committed.values():
        for run in entry["runs"].values():
            assert (DOCS / "images" / run["image"]).exists()


def current():
    """A gallery without fault, made of the registry alone."""
    wanted = gallery.registered()
    claims = lambda one: [{"claim": c, "about": "a", "measured": "1", "outcome": "agree"} for c in one["claims"]]  # noqa: E731
    run = lambda one: {"outcome": "agree", "verdict": claims(one), "seconds": 1.0, "image": "x.png"}  # noqa: E731
    return {name: {**one, "runs": {"quick": run(one)}} for name, one in wanted.items()}, wanted


def test_differences_are_seen():
    good, wanted = current()
    assert gallery.differences(good, wanted) == []

    def broken(change):
        bad = copy.deepcopy(good)
        change(bad)
        return gallery.differences(bad, wanted)

    assert broken(lambda g: g.pop("optimum")) == ["optimum is not in the gallery"]
    assert "no-such is in the gallery and not in the registry" in broken(lambda g: g.update({"no-such": {}}))
    assert broken(lambda g: g["optimum"]["sizes"]["quick"].update(points=10))
    assert broken(lambda g: g["optimum"]["claims"].append("another"))
    assert broken(lambda g: g["optimum"].update(title="Another"))
    assert broken(lambda g: g["optimum"]["runs"].clear()) == ["optimum was not run at quick size"]
    first = wanted["optimum"]["claims"][0]
    assert broken(lambda g: g["optimum"]["runs"]["quick"]["verdict"].pop(0)) == [
        f"optimum, quick: {first!r} was not judged"
    ]
    assert broken(lambda g: g["optimum"]["runs"]["quick"]["verdict"][0].update(claim="x"))[-1].endswith(
        "'x' is no claim"
    )


def test_a_run_of_one_experiment_renews_its_entry_and_leaves_the_others(tmp_path, monkeypatch):
    good, _ = current()
    monkeypatch.setattr(gallery, "HERE", tmp_path)
    (tmp_path / "images").mkdir()
    report = {"size": "quick", "outcome": "disagree", "verdict": [], "caption": "c", "seconds": 2.0, "files": []}
    (tmp_path / "optimum-report.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "optimum.png").write_bytes(b"picture")
    renewed = gallery.collect([tmp_path], good)
    assert renewed["optimum"]["runs"]["quick"]["outcome"] == "disagree"
    assert (tmp_path / "images" / "optimum.png").read_bytes() == b"picture"
    assert {name: e for name, e in renewed.items() if name != "optimum"} == {
        name: e for name, e in good.items() if name != "optimum"
    }
    stale = copy.deepcopy(good)
    stale["width"]["claims"] = ["something else"]
    assert gallery.collect([tmp_path], stale)["width"]["runs"] == {}  # what was judged then is not what is claimed now
