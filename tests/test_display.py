"""Numbers with the digits they deserve; results that show themselves."""

from __future__ import annotations

import html.parser
import math

import pytest

import spectralaw as sl
from spectralaw.display import more, number, with_error


@pytest.mark.parametrize(
    ("mean", "error", "text"),
    [
        (0.7308, 0.08, "0.731 ± 0.080"),
        (2.0, 3e-16, "2 ± 0"),
        (2.0, 0.0, "2 ± 0"),
        (0.5, 0.0996, "0.50 ± 0.10"),  # two digits after rounding, not before
        (12.3, 0.0004, "12.30000 ± 0.00040"),
        (0.0, 0.01, "0.000 ± 0.010"),
        (0.3, 20.0, "0 ± 20"),
        (1234.5, 12.0, "1234 ± 12"),
        (123456.0, 789.0, "(1.2346 ± 0.0079)e+05"),
        (1.234567e-9, 1.2e-11, "(1.235 ± 0.012)e-09"),
        (-0.7308, 0.08, "-0.731 ± 0.080"),
        (math.nan, 0.1, "–"),
        (0.25, math.nan, "0.25"),
    ],
)
def test_a_mean_has_the_digits_that_its_error_leaves(mean, error, text):
    assert with_error(mean, error) == text


@pytest.mark.parametrize("exponent", range(-20, 20))
def test_nothing_is_lost_that_matters(exponent):
    mean, error = 7.308642 * 10.0**exponent, 0.0123456 * 10.0**exponent
    text = with_error(mean, error).replace("(", "").replace(")", "")
    scale = float("1e" + text.split("e")[1]) if "e" in text else 1.0
    shown_mean, shown_error = (float(part) * scale for part in text.split("e")[0].split(" ± "))
    assert abs(shown_mean - mean) <= 0.05 * error and abs(shown_error - error) <= 0.05 * error


def test_words():
    assert more(3.0, "outlier") == "3 more outliers" and more(1, "outlier") == "1 more outlier"
    assert number(math.nan) == "–" and number(1 / 3) == "0.333333" and number(math.inf) == "inf"


TASK = sl.Task("quadratic", 20, 200, 1.0, 0.5)


class _Text(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.tags = "", []

    def handle_data(self, data):
        self.text += data + " "

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sl.predict(TASK), ["Prediction: quadratic network, d = 20, n = 200, λ = 1, Δ = 0.5", "excess risk R"]),
        (lambda: sl.train(TASK, 7), ["seed 7", "relative duality gap", "converged"]),
        (lambda: sl.compare(TASK, 2), ["2 trainings", "theory", "±"]),
        (lambda: sl.predict(TASK).phase, ["Phase II", "decades from the nearest boundary", "rate of R"]),
        (lambda: sl.optimal_weight_decay(TASK), ["weight decay λ", "excess risk R", "slope"]),
    ],
)
def test_results_show_themselves(make, words):
    result = make()
    parser = _Text()
    parser.feed(result._repr_html_())
    for word in words:
        assert word in repr(result) and word in parser.text
    assert max(map(len, repr(result).splitlines())) < 140 and "array(" not in repr(result)


def test_what_did_not_converge_never_looks_like_a_result():
    from dataclasses import replace

    failed = replace(
        sl.predict(TASK), status=sl.Status.NOT_CONVERGED, excess_risk=math.nan, message="no solution was found"
    )
    assert "no solution was found" in repr(failed) and "nan" not in repr(failed) and "excess risk" not in repr(failed)
    lost = sl.compare(TASK, 2, max_iterations=1)
    assert "trainings did not converge" in repr(lost) and "nan" not in repr(lost) and "inf" not in repr(lost)
    assert "stopped after 1 iterations" in repr(sl.train(TASK, max_iterations=1))


def test_a_task_shows_itself_so_that_it_can_be_written_again():
    names = {name: getattr(sl, name) for name in ("Task", "PowerLaw", "Empirical", "FiniteRank", "White")}
    for teacher in (sl.PowerLaw(1.2), sl.FiniteRank(3), sl.Empirical([3.0, 1 / 3], normalize=True)):
        task = TASK.replace(teacher=teacher)
        assert eval(repr(task), names) == task
        assert "quadratic" in task._repr_html_() and "weight decay" in task._repr_html_()
    assert repr(sl.Empirical(range(1, 101))) == "Empirical([100.0, 99.0, 98.0, 97.0, … 96 more])"


def test_html_is_text_and_nothing_else():
    from dataclasses import replace

    evil = replace(sl.predict(TASK), status=sl.Status.NOT_CONVERGED, message="<script>alert(1)</script>")
    parser = _Text()
    parser.feed(evil._repr_html_())
    assert "script" not in parser.tags and "<script>" in parser.text
