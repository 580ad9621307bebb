"""The ``spectralaw`` command. One file a command; each parses, calls the public face, and prints.

Exit status: 0 for a result, 1 for a computation that did not converge, 2 for bad input.
"""

from __future__ import annotations

import sys
from typing import Any


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs a command; errors become one sentence on standard error."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status."""
    import typer

    from spectralaw.cli.app import command
    from spectralaw.errors import ConvergenceFailure, InvalidInput

    # typer brings its own copy of click, or uses the installed one; both are reached through what it exports
    usage_error: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
    try:
        status = command().main(args=arguments, prog_name="spectralaw", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except usage_error as error:
        return _complain(" ".join(error.format_message().split()).rstrip("."), 2)
    except typer.Abort:
        return _complain("interrupted; what was written so far is kept", 130)
    except InvalidInput as error:
        return _complain(str(error), 2)
    except ConvergenceFailure as error:
        return _complain(str(error), 1)
    except BrokenPipeError:
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'a file'}: {error.strerror or error}", 2)


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"spectralaw: {sentence}\n")
    return status
