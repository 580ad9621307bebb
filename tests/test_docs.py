"""What the documents show is what the code prints."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_tutorial_runs():
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    first, *prompts = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    names: dict = {}
    exec(first, names)
    test = doctest.DocTestParser().get_doctest("".join(prompts), names, "tutorial", "tutorial.md", 0)
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.failed == 0 and result.attempted >= 10


def test_readme_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it writes pictures
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, flags=re.S)[0].replace("print(", "str(")
    names: dict = {}
    exec(code, names)
    assert f"{names['p'].excess_risk:.4f}" == "0.3331"  # the number that the README shows


def test_every_link_and_picture_exists():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), (page.name, target)


def test_the_architecture_page_names_every_room():
    import spectralaw

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in Path(spectralaw.__file__).parent.glob("*/__init__.py")]
    assert not [room for room in rooms if f"`{room}/`" not in text]
