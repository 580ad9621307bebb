"""The other tabs, exports, and several pages at once, in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.display import number
from spectralaw.explorer import tasks
from tests.explorer.conftest import data, numbers, settled


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweeps") / "s.sqlite"
    grid = {
        "network": "diagonal", "dimension": 12, "samples": [20, 40], "weight_decay": [0.5, 1.0], "noise_variance": 0.5,
    }  # fmt: skip
    sl.sweep(grid, str(path), seeds=2)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "model.npz"
    random = np.random.default_rng(0)
    spiked = random.standard_normal((64, 96)) + 30.0 * np.outer(np.ones(64) / 8, np.ones(96) / np.sqrt(96))
    np.savez(path, first=spiked, second=random.standard_normal((48, 48)))
    return path


def test_a_sweep_is_shown_and_another_field_chosen(page, served, store):
    page.goto(served.at(urlencode({"tab": "sweeps", "store": store})))
    page.wait_for_selector("#sweep.js-plotly-plot")
    records = [r for r in sl.open_sweep(store).records() if r["weight_decay"] == 0.5 and r["method"] == "convex"]
    line = next(t for t in data(page, "sweep") if t["name"] == "convex: weight_decay = 0.5")
    assert line["x"] == [20, 40] and line["y"] == [
        pytest.approx(np.mean([r["excess_risk"] for r in records if r["samples"] == n])) for n in (20, 40)
    ]
    assert "0 pending, 12 done, 0 failed" in page.inner_text("#sweeps-words")
    page.fill("#f-x", "weight_decay")
    page.press("#f-x", "Enter")
    page.wait_for_selector("#sweep-caption:has-text('against weight_decay')")
    page.fill("#f-x", "colour")
    page.press("#f-x", "Enter")
    page.wait_for_selector("#sweeps-words:has-text('is not in the store; choose from')")
    page.fill("#f-x", "samples")
    page.press("#f-x", "Enter")
    page.click("text=map of both fields")
    page.wait_for_selector("#sweep-caption:has-text('over samples and weight_decay')")
    assert parse_qs(urlsplit(page.url).query)["draw"] == ["map"]


def test_a_hostile_store_is_a_sentence(page, served, tmp_path):
    (tmp_path / "s.sqlite").write_bytes(b"no store" * 100)
    page.goto(served.at(urlencode({"tab": "sweeps", "store": tmp_path / "s.sqlite"})))
    page.wait_for_selector("#sweeps-words:has-text('s.sqlite')")
    page.fill("#f-store", "/nowhere/s.sqlite")
    page.click("#sweeps-open")
    page.wait_for_selector("#sweeps-words:has-text('/nowhere/s.sqlite')")


def test_weights_by_path_and_a_matrix_is_chosen(page, served, weights):
    page.goto(served.at(urlencode({"tab": "weights", "path": weights})))
    page.wait_for_selector("#weights-tables button.matrix >> nth=1")
    diagnosis = sl.diagnose(weights)
    page.wait_for_selector("#weights-spectrum-caption:has-text('first, 64×96')")
    law = next(t for t in data(page, "weights-spectrum") if t["name"].startswith("spikes"))
    assert law["x"] == pytest.approx(diagnosis.rows[0].singular_values[: diagnosis.rows[0].spikes].tolist())
    page.click("button.matrix:has-text('second')")
    page.wait_for_selector("#weights-spectrum-caption:has-text('second, 48×48')")
    assert parse_qs(urlsplit(page.url).query)["matrix"] == ["second"]


def test_a_dropped_file_is_read_and_a_hostile_one_refused(page, served, weights, tmp_path):
    page.goto(served.at("tab=weights"))
    settled(page)
    with page.expect_file_chooser() as waiting:
        page.click("#weights-drop")
    waiting.value.set_files(weights)
    page.wait_for_selector("#weights-sentences:has-text('model.npz')")
    assert "2 matrices read" in page.inner_text("#weights-sentences")
    hostile = tmp_path / "hostile.pt"
    hostile.write_bytes(b"\x80\x04cos\nsystem\n(S'touch /tmp/never'\ntR.")
    page.evaluate(
        "(bytes) => { const files = new DataTransfer(); files.items.add(new File([new Uint8Array(bytes)], 'bad.pt'));"
        " document.getElementById('weights-drop').dispatchEvent("
        "new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })); }",
        list(hostile.read_bytes()),
    )
    page.wait_for_selector("#weights-words:has-text('bad.pt')")
    said = page.inner_text("#weights-words")
    assert "\n" not in said and "should not" not in said and "/spectralaw-" not in said


def test_a_curve_is_fitted(page, served):
    x = np.geomspace(1e6, 1e9, 16)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(16))
    losses = (1.7 + 90 * x**-0.3) * noise
    table = "tokens,loss\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), losses.tolist(), strict=True))
    page.goto(served.at("tab=curves"))
    settled(page)
    page.evaluate(
        "(text) => { const files = new DataTransfer(); files.items.add(new File([text], 'runs.csv'));"
        " document.getElementById('f-table').dispatchEvent("
        "new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })); }",
        table,
    )
    page.wait_for_timeout(300)
    assert page.input_value("#f-table").startswith("tokens,loss")
    page.fill("#f-forecast", "1e10")
    page.press("#f-forecast", "Enter")
    page.click("#curves-start")
    page.wait_for_selector("#curve.js-plotly-plot")
    fit = sl.fit_scaling_law(x, losses)
    text = page.inner_text("#curves-tables")
    assert f"{fit.parameters['alpha'].value:.6g}" in text and f"{fit.forecast(1e10).value:.6g}" in text
    page.fill("#f-table", "tokens,loss\n1,hello\n2,3\n")
    page.click("#curves-start")
    page.wait_for_selector("#curves-words:has-text('hello')")
    assert page.locator("#curve").is_visible()


def test_exports_need_nothing_else(page, served, browser, tmp_path):
    page.goto(served.at("gamma=1.3"))
    settled(page)
    with page.expect_download() as waiting:
        page.click("#export")
    from_page = tmp_path / "page.html"
    waiting.value.save_as(from_page)
    from_command = tmp_path / "command.html"
    assert cli.run(["explore", "--export", str(from_command), "--gamma", "1.3"]) == 0
    expected = number(sl.predict(tasks.view({"gamma": "1.3"}).tasks[0]).excess_risk)
    for path in (from_page, from_command):
        context = browser.new_context(offline=True)
        alone = context.new_page()
        asked, faults = [], []
        alone.on("request", lambda request, asked=asked: asked.append(request.url))
        alone.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        alone.on("console", lambda said, faults=faults: faults.append(said.text))
        alone.goto(path.as_uri())
        alone.wait_for_selector(".js-plotly-plot >> nth=4")
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == [] and faults == []
        assert expected in alone.inner_text("table >> nth=0")
        with alone.expect_download() as waiting:
            alone.click("[data-save='csv'] >> nth=1")
        assert b"this task" in waiting.value.path().read_bytes()
        context.close()


def test_ten_pages_at_once(browser, served):
    """Ten sessions ask at the same time; each gets its own answer."""
    code = (
        "import sys, json, urllib.request as r\n"
        "address, body = sys.argv[1:]\n"
        "opener = r.build_opener(r.HTTPCookieProcessor())\n"
        "opener.open(address).read()\n"
        "base = address.split('/?')[0]\n"
        "ask = r.Request(base + '/_dash-update-component', body.encode(), {'Content-Type': 'application/json'})\n"
        "print(opener.open(ask, timeout=120).read().decode())\n"
    )
    running = []
    for k in range(10):
        state = {"id": k, "values": {"samples": str(1000 + k), "dimension": "30"}}
        body = {
            "output": "answer.data", "outputs": {"id": "answer", "property": "data"},
            "inputs": [{"id": "state", "property": "data", "value": state}], "changedPropIds": ["state.data"],
            "state": [{"id": "train-result", "property": "data"}],
        }  # fmt: skip
        command = [sys.executable, "-c", code, served.address, json.dumps(body)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    for k, process in enumerate(running):
        answer = json.loads(process.communicate(timeout=120)[0])["response"]["answer"]["data"]
        task = tasks.view({"samples": str(1000 + k), "dimension": "30"}).tasks[0]
        assert answer["id"] == k and number(sl.predict(task).excess_risk) in answer["columns"][0]["words"]


def test_a_view_of_the_command_line_is_what_the_page_begins_with(page, served):
    page.goto(served.at(quote("network=diagonal&samples=777", safe="=&")))
    settled(page)
    assert page.input_value("#f-samples") == "777" and numbers(page)["effective noise τ"]
