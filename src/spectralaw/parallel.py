"""Processors that this process may use, and one thread of linear algebra for each process that it starts."""

from __future__ import annotations

import math
import os
from pathlib import Path

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def processors() -> int:
    """Processors that this process may use: its affinity, within the quota of its container."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def _quota() -> float | None:
    """Processors' worth of time that the control groups grant, the least along the way up; None without a limit."""
    shares = []
    for folder in control_groups("cpu"):
        try:
            if (folder / "cpu.max").exists():
                granted, period = (folder / "cpu.max").read_text().split()[:2]
            else:
                granted = (folder / "cpu.cfs_quota_us").read_text()
                period = (folder / "cpu.cfs_period_us").read_text()
            if float(granted) > 0.0 and float(period) > 0.0:
                shares.append(float(granted) / float(period))
        except (OSError, ValueError):  # no such file here, or "max"
            continue
    return min(shares, default=None)


def control_groups(controller: str) -> list[Path]:
    """Folders of the control groups that this process is in, of both versions, innermost first."""
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:  # not on Linux
        return []
    folders = []
    for line in lines:
        number, names, path = (line.split(":", 2) + ["", "", ""])[:3]
        if number == "0" and not names:
            root = _GROUPS
        elif controller in names.split(","):
            root = _GROUPS / names
            root = root if root.exists() else _GROUPS / controller
        else:
            continue
        inner = [part for part in path.split("/") if part not in ("", "..")]
        folders += [root.joinpath(*inner[:depth]) for depth in range(len(inner), -1, -1)]
    return folders


def threads() -> int:
    """Threads that this process may keep busy: what linear algebra was told, or every processor."""
    told = os.environ.get("OMP_NUM_THREADS", "").strip()
    return min(int(told), processors()) if told.isdigit() and int(told) > 0 else processors()


def single_threaded() -> dict[str, str]:
    """The environment of this process with one thread of linear algebra, for a process started from it."""
    return {**os.environ, **dict.fromkeys(_THREADS, "1")}
