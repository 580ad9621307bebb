"""WeightWatcher on a file of matrices, in its own environment: ``python weightwatcher_peer.py FILE.npz``.

Prints one JSON object: processor seconds of ``analyze`` on one thread, without and with ``mp_fit`` (warm: the first
layer is analysed once before), and what it says of each matrix.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import time
import warnings

import numpy as np


def main(path: str) -> None:
    warnings.filterwarnings("ignore")
    out = sys.stdout
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        answer = run(path)
    out.write(json.dumps(answer) + "\n")


def run(path: str) -> dict:
    import torch
    import weightwatcher

    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    answer: dict = {"version": weightwatcher.__version__}
    analyse(weightwatcher, torch, dict([next(iter(arrays.items()))]), True)
    for name, with_fit in (("plain", False), ("mp_fit", True)):
        spent = []
        for _ in range(1 if with_fit else 3):
            begin = time.process_time()
            details = analyse(weightwatcher, torch, arrays, with_fit)
            spent.append(time.process_time() - begin)
        answer[name] = sorted(spent)[len(spent) // 2]
        answer[f"{name}_layers"] = len(details)
        if with_fit:
            answer["spikes"] = [int(value) for value in details["num_spikes"]]
            answer["alpha"] = [float(value) for value in details["alpha"]]
    return answer


def analyse(weightwatcher, torch, arrays, with_fit):
    model = torch.nn.Sequential()
    for k, array in enumerate(arrays.values()):
        layer = torch.nn.Linear(array.shape[1], array.shape[0], bias=False)
        layer.weight.data = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
        model.add_module(str(k), layer)
    return weightwatcher.WeightWatcher(model=model).analyze(mp_fit=with_fit, randomize=False, plot=False)


if __name__ == "__main__":
    main(sys.argv[1])
