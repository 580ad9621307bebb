"""The rooms and the arrows between them: data flows one way, and there is no circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import spectralaw

ROOT = Path(spectralaw.__file__).parent
BASE = {"_version", "_checks", "errors", "results", "files", "tables", "saving", "display", "parallel"}
ASKED = BASE | {"task", "teacher", "inputs"}
GROUND = ASKED
MAY_IMPORT = {
    "free_probability": BASE,
    "state_evolution": ASKED | {"free_probability"},
    "theory": ASKED | {"free_probability", "state_evolution"},
    "training": ASKED,
    "comparison": ASKED | {"theory", "training"},
    "ensembles": BASE,
    "weights": ASKED | {"ensembles", "figures", "theory"},  # theory: the phase of a task that is handed in
    "sweeps": ASKED | {"theory", "training"},
    "scaling": ASKED | {"theory"},  # the exact equations, for a task that is handed in
    "figures": BASE,
    "regression": ASKED | {"theory", "training", "figures"},
    "reproduction": ASKED
    | {
        "ensembles",
        "weights",
        "regression",
        "state_evolution",
        "theory",
        "training",
        "comparison",
        "scaling",
        "sweeps",
        "figures",
    },
    "systems": ASKED | {"ensembles", "weights", "training", "theory", "scaling", "figures", "sweeps", "reproduction"},
    "bibliography": set(),
    "citations": BASE | {"bibliography", "reproduction"},
    "explorer": ASKED
    | {
        "state_evolution",
        "theory",
        "training",
        "weights",
        "scaling",
        "sweeps",
        "figures",
    },
    "loading": BASE | {"theory", "training", "comparison", "scaling", "weights"},
}
"""What each room may import besides itself."""
TOP = {"explorer", "cli", "__main__"}
"""What nothing imports that does not stand above it, in this order."""


ABOVE = {"explorer": {"cli"}, "cli": {"__main__"}, "__main__": set()}
"""The few that may import those."""


def imports(path: Path) -> set[str]:
    """Modules of this package that a file imports, wherever in the file, but for type checkers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            if module == "spectralaw" or module.startswith("spectralaw."):
                for name in node.names:
                    deeper = f"{module}.{name.name}"
                    found.add(
                        deeper if (ROOT.parent / Path(*deeper.split("."))).with_suffix(".py").exists() else module
                    )
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.split(".")[0] == "spectralaw"}
    return found


def graph(root: Path = ROOT) -> dict[str, set[str]]:
    """Every module with what it imports."""
    result = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        result[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = imports(path)
    return result


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def breaches(edges: dict[str, set[str]]) -> list[str]:
    """Arrows that the house does not allow."""
    found = []
    for module, targets in edges.items():
        here = room(module)
        for there in {room(target) for target in targets} - {here}:
            upwards = here in GROUND and there not in GROUND
            barred = here in MAY_IMPORT and there not in MAY_IMPORT[here]
            to_the_top = there in TOP and here not in ABOVE[there]
            if here and (upwards or barred or to_the_top):
                found.append(f"{module} → {there or 'spectralaw'}")
        found += [f"{module} → {target}" for target in targets if between_systems(module, target)]
    return found


def between_systems(module: str, target: str) -> bool:
    """Whether one related system imports another; what they share lies beside them."""
    here, there = module.split(".")[1:3], target.split(".")[1:3]
    packages = [len(two) == 2 and two[0] == "systems" and (ROOT / two[0] / two[1]).is_dir() for two in (here, there)]
    return all(packages) and here != there


def circle(edges: dict[str, set[str]]) -> list[str]:
    """Modules of a circle of imports, empty when there is none; imports inside functions count."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done or module not in edges:
            return []
        for target in sorted(edges[module]):
            found = walk(target, [*path, module])
            if found:
                return found
        done.add(module)
        return []

    return next((found for module in edges if (found := walk(module, []))), [])


def test_arrows_run_one_way():
    assert breaches(graph()) == []


def test_there_is_no_circle():
    edges = graph()
    edges.pop("spectralaw")  # the face loads every room when asked, and is no room itself
    edges = {module: targets - {"spectralaw"} for module, targets in edges.items()}
    assert circle(edges) == []


def test_every_room_is_known():
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert set(MAY_IMPORT) | GROUND | TOP >= rooms - {"__init__"}


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("spectralaw.free_probability.atoms", "spectralaw.task"),
        ("spectralaw.free_probability.atoms", "spectralaw.teacher"),
        ("spectralaw.theory.grid", "spectralaw.training.train"),
        ("spectralaw.theory.grid", "spectralaw.cli.output"),
        ("spectralaw.training.train", "spectralaw.theory.prediction"),
        ("spectralaw.task", "spectralaw.theory"),
        ("spectralaw.theory.grid", "spectralaw.explorer.maps"),
        ("spectralaw.reproduction.runner", "spectralaw.explorer.page"),
        ("spectralaw.explorer.maps", "spectralaw.cli.output"),
        ("spectralaw.sweeps.plan", "spectralaw"),
        ("spectralaw.reproduction.registry", "spectralaw.systems.catalogue"),
    ],
)
def test_a_forbidden_arrow_is_found(module, target):
    assert breaches({module: {target}})


def test_a_circle_is_found():
    edges = {"spectralaw.a": {"spectralaw.b"}, "spectralaw.b": {"spectralaw.c"}, "spectralaw.c": {"spectralaw.b"}}
    assert set(circle(edges)) == {"spectralaw.b", "spectralaw.c"}
