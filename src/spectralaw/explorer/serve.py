"""Start the page's server on the loopback address, and the browser."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from spectralaw.errors import InvalidInput

_NEEDED = ("dash", "plotly", "waitress")
_THREADS = 12


def require() -> None:
    """Say in one sentence what to install where the extra is missing."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InvalidInput(
            f"the explorer needs {missing[0]}, which is not installed: pip install 'spectralaw[explorer]'"
        )


def serve(query: str, port: int, say: Callable[[str], Any], browser: bool) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    query : str
        The view that is shown first.
    port : int
        0 takes one that is free.
    say : callable
        Told the address, when the server answers under it.
    browser : bool
        Whether to open it.

    Raises
    ------
    InvalidInput
        Where the extra is missing, or the port is taken.
    """
    require()
    from waitress import create_server  # pyright: ignore[reportAttributeAccessIssue]  # chosen by the kind of Python

    from spectralaw.explorer.guard import LARGEST_FILE, Guard
    from spectralaw.explorer.jobs import Jobs
    from spectralaw.explorer.page import make

    listening = _listen(port)
    _load()
    guard, jobs = Guard(), Jobs()
    server = create_server(
        make(guard, jobs), sockets=[listening], threads=_THREADS, ident="spectralaw",
        max_request_body_size=LARGEST_FILE + 1,
    )  # fmt: skip
    threading.Thread(target=_warm, args=(query,), daemon=True).start()
    guard.allow(listening.getsockname()[1])
    try:
        with contextlib.suppress(KeyboardInterrupt):
            if threading.current_thread() is threading.main_thread():  # ended from outside: work and files end, too
                signal.signal(signal.SIGTERM, signal.default_int_handler)
            say(guard.address(query))
            if browser:
                threading.Thread(target=_open, args=(guard.address(query),), daemon=True).start()
            server.run()
    finally:
        jobs.close()
        server.close()


def _listen(port: int) -> socket.socket:
    """A socket on the loopback address."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would share a port that is in use
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        why = error.strerror or error
        raise InvalidInput(f"port {port} cannot be used: {why}; --port 0 takes one that is free") from error
    return listening


def _open(address: str) -> None:
    import webbrowser

    with contextlib.suppress(Exception):  # the address was printed: it can be opened by hand
        webbrowser.open(address)


def _load() -> None:
    """Import what callbacks use, before there are threads: some imports read syntax trees, as Flask does, and Python
    before 3.12 fails where two threads do so at once."""
    import spectralaw.explorer.export
    import spectralaw.explorer.sweeps_view
    import spectralaw.explorer.theory_view
    import spectralaw.explorer.weights_view
    import spectralaw.sweeps.estimate
    import spectralaw.sweeps.sweep  # noqa: F401


def _warm(query: str) -> None:
    """Compute the first view while the page is made and the browser starts."""
    from spectralaw.explorer import address, tasks, theory_view

    with contextlib.suppress(InvalidInput):
        found = address.read(query)
        for task in tasks.view(found.values if found.tab == "theory" else {}).tasks:
            theory_view.shown(task, fine=False)
