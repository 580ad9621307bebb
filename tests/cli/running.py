"""Run a command line inside a test."""

from __future__ import annotations

import json

from spectralaw import cli


def run(capsys, *arguments):
    """Status, standard output, standard error."""
    status = cli.run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def strict(text):
    """JSON without NaN and infinities."""

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)
