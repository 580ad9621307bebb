"""The ``spectralaw`` command. One file a command; each parses, calls the public face, and prints.

Exit status: 0 for a result, 1 for a computation that did not converge, 2 for bad input.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs a command; errors become one sentence on standard error."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status."""
    from spectralaw.cli import output

    with output.any_encoding():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    spoiled = next((argument for argument in arguments if "\0" in argument), None)
    if spoiled is not None:  # no file name may hold one; some versions of the parser fall over it
        return _complain(f"an argument must not hold a null character, not {spoiled!r}", 2)
    import typer

    from spectralaw.cli.app import command
    from spectralaw.errors import ConvergenceFailure, InvalidInput

    # typer brings its own copy of click, or uses the installed one; both are reached through what it exports
    usage_error: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
    try:
        status = command().main(args=arguments, prog_name="spectralaw", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk speaks now
        return status if isinstance(status, int) else 0
    except usage_error as error:
        return _complain(error.format_message().rstrip("."), 2)
    except typer.Abort:
        return _complain("interrupted; what was written so far is kept", 130)
    except InvalidInput as error:
        return _complain(str(error), 2)
    except ConvergenceFailure as error:
        return _complain(str(error), 1)
    except MemoryError:
        return _complain("not enough memory for this", 1)
    except BrokenPipeError:
        return _give_up_output(1)
    except OSError as error:
        _give_up_output(2)
        return _complain(f"{error.filename or 'standard output'}: {error.strerror or error}", 2)


def _complain(sentence: str, status: int) -> int:
    from spectralaw.cli import output

    with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody listens
        sys.stderr.write(f"spectralaw: {output.one_line(sentence)}\n")
    return status


def _give_up_output(status: int) -> int:
    """What could not be written is not tried again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return status
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
