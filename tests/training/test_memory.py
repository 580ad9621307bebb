"""The memory that is said before a training, beside the memory that it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

ALONE = """
import json, re, sys
import spectralaw as sl
from spectralaw.training.data import bytes_needed

def memory(name):
    return 1024 * int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read()).group(1))

task, method, options = sl.Task(*json.loads(sys.argv[1])), sys.argv[2], json.loads(sys.argv[3])
sl.train(sl.Task(task.network, 4, 9, 1.0, 0.5), 0, method, max_iterations=3)
before = memory("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
sl.train(task, 0, method, **options)
print(bytes_needed(task, method) / (memory("VmHWM") - before))
"""


@pytest.mark.parametrize(
    ("task", "method", "options"),
    [
        (["quadratic", 100, 40_000, 1.0, 0.5], "convex", {"max_iterations": 4}),
        (["quadratic", 400, 1000, 0.01, 0.5], "convex", {"max_iterations": 6}),
        (["quadratic", 400, 4000, 1.0, 0.5], "amp", {"max_iterations": 5}),
        (["quadratic", 200, 3000, 1.0, 0.5], "network", {"max_iterations": 60}),
        (["diagonal", 1000, 400, 0.1, 0.5], "convex", {}),
        (["diagonal", 1000, 5000, 1.0, 0.5], "convex", {}),
        (["diagonal", 20_000, 200, 1.0, 0.5], "network", {"max_iterations": 30}),
    ],
)
def test_of_a_training(task, method, options):
    found = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(task), method, json.dumps(options)],
        capture_output=True, text=True, timeout=300, check=True, env=ONE_THREAD,
    )  # fmt: skip
    assert 1.0 <= float(found.stdout) <= 2.0


SWEEP = """
import json, resource, sys
import spectralaw as sl
from spectralaw.sweeps.estimate import estimate
grid, method = json.loads(sys.argv[1]), sys.argv[2]
plan = sl.plan_sweep(grid, 2, method)
said = estimate(plan, 1).bytes
sl.sweep(plan, sys.argv[3], workers=1)
print(said / (1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


@pytest.mark.parametrize(
    ("grid", "method"),
    [
        ({"network": ["diagonal", "quadratic"], "dimension": 1000, "samples": [100, 1e6]}, "theory"),
        ({"network": "quadratic", "dimension": 20, "samples": 100}, "convex"),
        ({"network": "quadratic", "dimension": [20, 100], "samples": [2000, 10_000]}, "amp"),
        ({"network": ["quadratic", "diagonal"], "dimension": 100, "samples": [100, 40_000]}, "convex"),
        ({"network": "quadratic", "dimension": 100, "samples": 1000, "width": [50, 100]}, "network"),
    ],
)
def test_of_a_sweep(tmp_path, grid, method):
    grid = {"weight_decay": 1.0, "noise_variance": 0.5, **grid}
    found = subprocess.run(
        [sys.executable, "-c", SWEEP, json.dumps(grid), method, str(tmp_path / "s.sqlite")],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert 1.0 <= float(found.stdout) <= 2.0
