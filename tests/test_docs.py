"""What the documents show is what the code prints."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", [pytest.param("tutorial", marks=pytest.mark.slow), "fitting"])
def test_page_runs(page):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    first, *prompts = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    names: dict = {}
    exec(first, names)
    test = doctest.DocTestParser().get_doctest("".join(prompts), names, page, f"{page}.md", 0)
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.failed == 0 and result.attempted >= 10


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "systems").glob("*.md")), ids=lambda page: page.stem)
def test_page_of_a_system_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S)
    names: dict = {}
    for block in code:
        exec(block, names)
    assert code


def test_every_related_system_has_a_page_in_the_navigation_and_a_line_in_the_readme():
    from spectralaw.systems.catalogue import SYSTEMS

    navigation, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("mkdocs.yml", "README.md"))
    for system in SYSTEMS:
        if system.is_package:
            page = f"systems/{system.experiment}.md"
            assert (ROOT / "docs" / page).exists() and page in navigation and f"docs/{page}" in readme


def test_readme_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it writes pictures
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, flags=re.S)[0].replace("print(", "str(")
    names: dict = {}
    exec(code, names)
    assert f"{names['p'].excess_risk:.4f}" == "0.3331"  # the number that the README shows


def test_readme_fit_runs_in_python_and_on_the_command_line(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    from spectralaw import cli

    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = next(c for c in re.findall(r"```python\n(.*?)```", text, flags=re.S) if "fit_scaling_law" in c)
    names: dict = {}
    exec(code, names)
    alpha = names["fit"].parameters["alpha"]
    assert f"{alpha.value:.3f} [{alpha.low:.3f}, {alpha.high:.3f}]" in code
    command = next(line for line in text.splitlines() if line.startswith("spectralaw fit "))
    assert cli.run(command.split()[1:]) == 0
    far = names["fit"].forecast(1e10)
    assert f"{far.value:.2f} [{far.low:.2f}, {far.high:.2f}], trust: {far.trust}" in code
    assert f"{far.value:.5g} [{far.low:.5g}, {far.high:.5g}]" in capsys.readouterr().out
    assert (tmp_path / "fit.pdf").exists()


def test_every_link_and_picture_exists():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), (page.name, target)


def test_the_architecture_page_names_every_room():
    import spectralaw

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in Path(spectralaw.__file__).parent.glob("*/__init__.py")]
    assert not [room for room in rooms if f"`{room}/`" not in text]
