"""How many processors there are: affinity, and the quotas of containers of both kinds."""

from __future__ import annotations

import os

import pytest

from spectralaw import parallel
from spectralaw.training import data


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A file system of control groups: their folders, and in which of them this process is."""

    def make(own: str, files: dict[str, str]):
        (tmp_path / "own").write_text(own)
        monkeypatch.setattr(parallel, "_OWN_GROUPS", tmp_path / "own")
        monkeypatch.setattr(parallel, "_GROUPS", tmp_path / "fs")
        for name, text in files.items():
            (tmp_path / "fs" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "fs" / name).write_text(text)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)

    return make


@pytest.mark.parametrize(
    ("own", "files", "count"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 16),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}, 16),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n", "cpu.max": "max 1\n"}, 3),
        ("0::/a/b\n", {"a/b/cpu.max": "100000 100000\n", "a/cpu.max": "300000 100000\n"}, 1),
        ("0::/../../x\n", {"cpu.max": "400000 100000\n"}, 4),
        ("0::/gone\n", {"cpu.max": "500000 100000\n"}, 5),
        ("3:cpu,cpuacct:/d\n0::/\n", {"cpu,cpuacct/d/cpu.cfs_quota_us": "250000\n",
                                     "cpu,cpuacct/d/cpu.cfs_period_us": "100000\n"}, 3),
        ("3:cpu,cpuacct:/d\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 16),
        ("5:cpuset:/\n", {"cpu.max": "100000 100000\n"}, 16),
        ("", {"cpu.max": "what\n"}, 16),
        ("0::/\n", {"cpu.max": "what ever\n"}, 16),
    ],
)  # fmt: skip
def test_quotas_count_as_processors(groups, own, files, count):
    groups(own, files)
    assert parallel.processors() == count
    assert 1 <= parallel.threads() <= count


def test_where_there_are_no_control_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "_OWN_GROUPS", tmp_path / "none")
    assert parallel.processors() >= 1 and parallel.control_groups("cpu") == []


def test_memory_within_the_group(groups):
    groups("0::/a\n", {"a/memory.max": "max\n", "a/memory.current": "5\n", "memory.max": "1000\n",
                       "memory.current": "400\n"})  # fmt: skip
    assert data.memory_available() == 600


def test_the_environment_of_others_and_ours():
    before = dict(os.environ)
    given = parallel.single_threaded()
    assert given["OMP_NUM_THREADS"] == given["OPENBLAS_NUM_THREADS"] == "1"
    assert dict(os.environ) == before
