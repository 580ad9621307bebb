"""A server, a browser, and a page whose console and network are watched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import spectralaw

PATIENCE = 30_000  # milliseconds: machines under load are slow, and the tests measure no time


class Served:
    """A running ``spectralaw explore``."""

    def __init__(self, *arguments: str) -> None:
        paths = os.pathsep.join([str(Path(spectralaw.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spectralaw", "explore", "--no-browser", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": ""},
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline().strip()
        self.address = self.first_line
        if "--json" in arguments:
            self.address = json.loads(self.first_line)["address"]
        self.port = urlsplit(self.address).port

    def at(self, query: str) -> str:
        """The address of a view."""
        return f"{self.address}&{query}" if query else self.address

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture(scope="session")
def served():
    for name in ("dash", "waitress"):
        pytest.importorskip(name, reason=f"the explorer needs {name}")
    server = Served()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="tests in a browser need playwright")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip("tests in a browser need Chromium, which pip cannot bring; .ci/run does")
    with sync.sync_playwright() as driver:
        with driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]) as running:
            yield running


@pytest.fixture
def page(browser, served):
    """A page, which fails a test at its end for whatever its console complained of, and for any request that left the
    loopback address."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    watched = context.new_page()
    faults: list[str] = []
    outside: list[str] = []
    requests: list[str] = []
    watched.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    watched.on("pageerror", lambda error: faults.append(str(error)))

    def seen(request) -> None:
        requests.append(request.url)
        if not is_inside(request.url, served.port):
            outside.append(request.url)

    watched.on("request", seen)
    watched.expected_faults = []
    yield watched
    unexpected = [fault for fault in faults if not any(word in fault for word in watched.expected_faults)]
    context.close()
    assert requests and outside == [] and unexpected == []


def is_inside(url: str, port: int) -> bool:
    """Whether a request stays in the browser, or goes to the server of the page."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or (parts.scheme == "http" and parts.netloc == f"127.0.0.1:{port}")


def settled(page, number: int | None = None) -> int:
    """Wait for an answer after ``number``, and its fine pictures; returns its number."""
    after = "" if number is None else f":not([data-answered='{number}'])"
    page.wait_for_selector(f"body[data-answered]{after}", state="attached")
    for _ in range(600):
        answered, fine = page.evaluate("[document.body.dataset.answered, document.body.dataset.fine]")
        if answered == fine:
            return int(answered)
        page.wait_for_timeout(100)
    raise AssertionError("the pictures were not finished")


def answered(page) -> int | None:
    """The number of the last answer."""
    number = page.evaluate("document.body.dataset.answered")
    return None if number is None else int(number)


def data(page, name: str) -> list:
    """Traces of a picture, as the browser holds them."""
    return page.evaluate(f"JSON.parse(JSON.stringify(document.getElementById('{name}').data))")


def numbers(page, column: int = 0) -> dict[str, str]:
    """The table of a prediction as it stands on the page."""
    rows = page.locator(f"#words-{column} table").first.locator("tbody tr")
    return dict(tuple(row.locator("th, td").all_inner_texts()) for row in rows.all())
