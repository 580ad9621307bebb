"""The Theory tab in a real browser."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

import spectralaw as sl
from spectralaw.display import number
from spectralaw.explorer import tasks
from tests.explorer.conftest import answered, data, is_inside, numbers, settled

PICTURES = ("diagram", "risk-samples", "risk-decay", "spectrum", "parts")


def point(page, name):
    """The point of the task in a picture."""
    return next(trace for trace in data(page, name) if trace.get("name") == "this task")


def test_every_number_is_that_of_predict(page, served):
    values = {"samples": "5000", "gamma": "1.2", "noise_variance": "0.3"}
    page.goto(served.at("&".join(f"{name}={value}" for name, value in values.items())))
    settled(page)
    task = tasks.view(values).tasks[0]
    p = sl.predict(task)
    shown = numbers(page)
    assert shown["excess risk R"] == number(p.excess_risk) and shown["zero mass"] == number(p.zero_mass)
    assert shown["training loss"] == number(p.training_loss) and shown["Bayes-optimal R"] == number(p.bayes_risk)
    assert shown["exponent in n"] == f"{p.exponents.samples:+.4f}" and shown["phase"] == p.phase.in_words()
    assert point(page, "risk-samples-0")["y"] == [p.excess_risk] and point(page, "risk-samples-0")["x"] == [5000.0]
    colours = data(page, "diagram-0")[0]
    grid = sl.predict_grid(task, samples=[10.0 ** colours["x"][40]], weight_decay=[10.0 ** colours["y"][20]])
    assert colours["customdata"][20][40] == pytest.approx(float(grid.excess_risk.values[0, 0]), rel=1e-9)
    diamonds = next(trace for trace in data(page, "spectrum-0") if "outliers" in trace["name"])
    assert diamonds["x"] == [o.location for o in p.outliers] and diamonds["y"] == [o.overlap for o in p.outliers]
    bars = {trace["name"]: trace["x"][0] for trace in data(page, "parts-0")}
    assert bars["overfitting"] == p.decomposition.overfitting and bars["Bayes-optimal risk"] == p.bayes_risk
    rows = page.locator("#words-0 table").nth(1).locator("tbody tr").all()
    assert rows[0].locator("th, td").all_inner_texts()[1] == number(p.outliers[0].location)


def test_a_slider_moves_all_four_pictures_and_the_address(page, served):
    page.goto(served.address)
    before = settled(page)
    old = {name: data(page, f"{name}-0") for name in PICTURES}
    assert "token" not in page.url
    page.locator("#s-weight_decay").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    settled(page, before)
    now = {name: data(page, f"{name}-0") for name in PICTURES}
    assert all(now[name] != old[name] for name in PICTURES)
    decay = page.input_value("#f-weight_decay")
    assert 1.5 < float(decay) < 2.5 and parse_qs(urlsplit(page.url).query) == {"weight_decay": [decay]}
    assert (
        number(sl.predict(tasks.view({"weight_decay": decay}).tasks[0]).excess_risk) == numbers(page)["excess risk R"]
    )


def test_an_address_brings_the_same_view_back(page, served):
    query = (
        "network=both&dimension=50&samples=900&weight_decay=0.3&noise_variance=0.1&teacher=FiniteRank&rank=3&gamma=0.5"
        "&coefficients=fixed&seeds=2"
    )
    page.goto(served.at(query))
    settled(page)
    first, sentences = numbers(page), page.inner_text("#sentences-1")
    assert parse_qs(urlsplit(page.url).query) == {**parse_qs(query), "gamma": ["0.5"]}
    page.goto(page.url)  # without the token: the cookie has it
    settled(page)
    assert numbers(page) == first and page.inner_text("#sentences-1") == sentences
    view = tasks.view(dict(pair.split("=") for pair in query.split("&")))
    for k, task in enumerate(view.tasks):
        assert numbers(page, k)["excess risk R"] == number(sl.predict(task).excess_risk)
    assert page.locator("#column-1").is_visible() and data(page, "spectrum-1")


def test_the_point_can_be_dragged_and_moved_by_keys(page, served):
    page.goto(served.address)
    before = settled(page)
    box = page.locator("#diagram-0 .nsewdrag").first.bounding_box()
    where = box["x"] + 0.75 * box["width"], box["y"] + 0.3 * box["height"]
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(*where, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    page.wait_for_selector("body:not([data-waiting])", state="attached")
    before = settled(page, before)
    task = tasks.view({name: page.input_value(f"#f-{name}") for name in ("samples", "weight_decay")}).tasks[0]
    mark = point(page, "diagram-0")
    ends = page.evaluate("['xaxis', 'yaxis'].map((a) => document.getElementById('diagram-0').layout[a].range)")
    expected = [ends[0][0] + 0.75 * (ends[0][1] - ends[0][0]), ends[1][1] + 0.3 * (ends[1][0] - ends[1][1])]
    assert [mark["x"][0], mark["y"][0]] == pytest.approx(expected, abs=0.1)
    assert numbers(page)["excess risk R"] == number(sl.predict(task).excess_risk)
    page.locator("[data-drag='samples weight_decay']").first.focus()
    page.keyboard.press("ArrowLeft")
    settled(page, before)
    assert float(page.input_value("#f-samples")) == pytest.approx(task.samples * 10**-0.05, rel=0.01)


def test_what_is_wrong_is_a_sentence_and_the_page_lives_on(page, served):
    page.goto(served.at("samples=hello"))
    page.wait_for_selector("body[data-answered]", state="attached")
    assert "samples must be a number" in page.inner_text("#error") and "hello" in page.inner_text("#error")
    for name, text, said in (
        ("samples", "nan", "samples must be a finite number, not nan"),
        ("samples", "-5", "samples must be 1 or greater, not -5"),
        ("samples", "<img src=x>", "not '<img src=x>'"),
    ):
        before = answered(page)
        page.fill(f"#f-{name}", text)
        page.wait_for_selector(f"body:not([data-answered='{before}'])", state="attached")
        page.wait_for_timeout(200)
        assert said in page.inner_text("#error")
    before = answered(page)
    page.fill("#f-samples", "4000")
    settled(page, before)
    assert page.inner_text("#error") == "" and numbers(page)["status"].startswith("converged")


def test_an_unknown_field_of_an_address_is_said(page, served):
    page.goto(served.at("gama=2"))
    before = settled(page)
    assert "unknown field" in page.inner_text("#error")  # and stays where the view that is shown has no fault
    page.fill("#f-samples", "5000")
    settled(page, before)
    assert page.inner_text("#error") == ""


def test_networks_are_trained_and_laid_over(page, served):
    page.goto(served.at("dimension=20&samples=300&seeds=2"))
    before = settled(page)
    assert "2 trainings take roughly" in page.inner_text("#estimate")
    page.click("#train-start")
    page.wait_for_selector("#train-words:has-text('laid over the pictures')")
    settled(page, before)
    means = [t for t in data(page, "risk-samples-0") if t["name"] == "trained (convex)"]
    trained = [
        sl.train(tasks.view({"dimension": "20", "samples": "300"}).tasks[0], seed).excess_risk for seed in (0, 1)
    ]
    assert means[0]["y"][0] == pytest.approx(sum(trained) / 2, rel=1e-6)
    assert any("trained" in t["name"] for t in data(page, "spectrum-0"))
    assert any(t["name"] == "trained" for t in data(page, "parts-0"))


def test_a_training_that_is_too_long_is_refused_and_one_can_be_cancelled(page, served):
    page.goto(served.at("dimension=400&samples=2e6&seeds=20"))
    before = settled(page)
    page.click("#train-start")
    page.wait_for_selector("#train-words:has-text('more than the 120 s')")
    page.fill("#f-dimension", "300")
    page.fill("#f-samples", "9000")
    page.fill("#f-seeds", "5")
    settled(page, before)
    page.click("#train-start")
    page.wait_for_selector("#train-cancel:not([disabled])")
    page.click("#train-cancel")
    page.wait_for_selector("#train-words:has-text('cancelled')")
    page.wait_for_selector("#train-start:not([disabled])")


def test_pictures_are_saved(page, served):
    page.goto(served.address)
    settled(page)
    content = {}
    for kind in ("png", "svg", "csv"):
        with page.expect_download() as waiting:
            page.click(f"[data-save='{kind}'][data-graph='diagram-0']")
        download = waiting.value
        assert download.suggested_filename == f"spectralaw-diagram.{kind}"
        content[kind] = download.path().read_bytes()
    assert content["png"].startswith(b"\x89PNG") and b"<svg" in content["svg"]
    header, first, *_ = content["csv"].decode().splitlines()
    trace, n, decay, risk, *_ = first.split(",")
    assert header.startswith("trace,x,y,z") and trace == "excess risk"
    predicted = sl.predict(tasks.view({"samples": n, "weight_decay": decay}).tasks[0]).excess_risk
    assert float(risk) == pytest.approx(predicted, rel=1e-6)


def test_the_page_can_be_read_aloud_and_used_on_small_screens(page, served):
    page.goto(served.address)
    settled(page)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, textarea, button, [role=img]')].filter((one) => one.offsetParent && "
        "!(one.labels && one.labels.length) && !one.getAttribute('aria-label') && !one.textContent.trim())"
        ".map((one) => one.outerHTML)"
    )
    assert unnamed == []
    described = page.evaluate(
        "[...document.querySelectorAll('[aria-describedby]')].every((one) => document.getElementById("
        "one.getAttribute('aria-describedby')))"
    )
    assert described
    page.locator("[role=tab]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-sweeps", "aria-selected") == "true" and page.locator("#panel-sweeps").is_visible()
    page.keyboard.press("ArrowLeft")
    for width in (1280, 1024, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink = "getComputedStyle(document.body).color"
    before = page.evaluate(ink)
    page.click("#theme")
    assert page.evaluate(ink) != before


def test_a_request_that_leaves_would_be_seen():
    assert is_inside("http://127.0.0.1:5/x", 5) and is_inside("blob:http://127.0.0.1:5/x", 5)
    for url in ("http://127.0.0.1:6/", "https://127.0.0.1:5/", "http://localhost.example:5/", "https://plotly.com/x"):
        assert not is_inside(url, 5)


def test_the_code_of_the_page_is_that_of_the_task(page, served):
    page.goto(served.at("gamma=0.8"))
    settled(page)
    assert "sl.PowerLaw(0.8)" in page.inner_text("#python-0")
    assert re.search(r"--gamma 0\.8", page.inner_text("#command-0"))
