"""One driver at a time: a lock of the operating system beside the store, which ends with the process that holds it."""

from __future__ import annotations

import os
from pathlib import Path

from spectralaw.sweeps.errors import StoreError


class Lock:
    """Held from the start until :meth:`release`, which takes its file away."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._descriptor: int | None = None
        try:
            import fcntl
        except ImportError:  # not on this system: SQLite's own locks remain
            return
        while self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise StoreError(
                    f"store {store} is in use by another sweep; wait for it, or give this one a store of its own"
                ) from None
            if self._is_ours(descriptor):
                self._descriptor = descriptor
            else:  # the last holder took the file away after it was opened here
                os.close(descriptor)

    def _is_ours(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give up the lock; another may take it from now on."""
        if self._descriptor is not None:
            if self._is_ours(self._descriptor):
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
