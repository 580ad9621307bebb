"""The Weights tab: a file that is dropped or named is read in a process of its own; its matrices are shown."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path, PurePath
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from flask import Flask, jsonify, request

from spectralaw._checks import shown as in_words
from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, parts, working
from spectralaw.explorer.guard import LARGEST_FILE, UPLOAD
from spectralaw.explorer.jobs import Jobs
from spectralaw.explorer.look import Shown

_PIECE = 1 << 20
_MOST_UPLOADS = 4


def layout() -> html.Div:
    """Controls beside the table and the pictures."""
    controls = html.Form(
        [
            parts.text("f-path", "File or folder", "path on this machine; it is read in place"),
            html.Div(
                f"Drop a weight file here, or press to choose one (up to {LARGEST_FILE >> 30} GiB). It goes to the "
                "process on this machine, nowhere else, and is deleted after it is read.",
                id="weights-drop", className="drop", role="button", tabIndex="0",
            ),
            parts.progress("weights", "Read"),
            html.P("Limits are those of spectralaw diagnose: nothing in a file is ever run.", className="note"),
        ],
        **parts.aria(label="A file of weights"),
    )  # fmt: skip
    shown = html.Div(
        [
            html.Div(id="weights-sentences", className="sentences"),
            html.Div(
                [
                    parts.figure("weights-spectrum", "Spectrum of the matrix"),
                    parts.figure("weights-tail", "Tail of its eigenvalues"),
                ],
                className="pictures", id="weights-pictures", hidden=True,
            ),
            html.Div(id="weights-tables", className="stack"),
        ]
    )  # fmt: skip
    stores = [
        dcc.Store(id=name)
        for name in ("weights-dropped", "weights-matrix", "weights-drawn", "weights-query", "moved-weights")
    ]
    return html.Div([controls, shown, *stores], className="beside")


class Uploads:
    """Dropped files, each in a folder of its own until it is read."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Path, str]] = {}
        self._lock = threading.Lock()

    def take(self, stream: Any, length: int, name: str) -> str:
        """Write a dropped file; returns what it is called from now on.

        Raises
        ------
        InvalidInput
            For a file that is too large, or breaks off.
        """
        if length > LARGEST_FILE:
            raise InvalidInput(
                f"a dropped file must be at most {LARGEST_FILE:,} bytes, not {length:,}; give its path instead"
            )
        folder = Path(tempfile.mkdtemp(prefix="spectralaw-"))
        clean = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable())[:120] or "weights"
        place, left = folder / "weights", length
        try:
            with place.open("wb") as file:
                while left > 0 and (piece := stream.read(min(_PIECE, left))):
                    file.write(piece)
                    left -= len(piece)
            if left:
                raise InvalidInput(f"{clean} broke off: {left:,} of {length:,} bytes did not arrive")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._files[folder.name] = (place, clean)
            surplus = list(self._files)[:-_MOST_UPLOADS]
            for old in surplus:
                shutil.rmtree(self._files.pop(old)[0].parent, ignore_errors=True)
        return folder.name

    def give(self, upload: Any) -> tuple[Path, str]:
        """The file, to whoever deletes its folder.

        Raises
        ------
        InvalidInput
            For a file that is not there any more.
        """
        with self._lock:
            found = self._files.pop(upload, None) if isinstance(upload, str) else None
        if found is None:
            raise InvalidInput(f"there is no dropped file {in_words(upload)} any more; drop it again")
        return found

    def close(self) -> None:
        """Delete what was never read."""
        for place, _ in self._files.values():
            shutil.rmtree(place.parent, ignore_errors=True)
        self._files.clear()


def receive(server: Flask, uploads: Uploads) -> None:
    """The address to which the page sends a dropped file."""

    @server.post(UPLOAD)
    def upload() -> Any:
        from urllib.parse import unquote

        try:
            name = unquote(request.headers.get("X-File-Name", "weights"))
            return jsonify(upload=uploads.take(request.stream, request.content_length or 0, name))
        except InvalidInput as error:
            return jsonify(sentence=str(error))
        except OSError as error:
            return jsonify(sentence=f"the dropped file cannot be kept: {error.strerror or error}")


def register(app: Dash, jobs: Jobs) -> None:
    """Connect the controls."""
    uploads = Uploads()
    receive(app.server, uploads)
    jobs.when_closed(uploads.close)

    def begin(pressed: Any, dropped: Any, arrived: Any, path: Any) -> str | None:
        if pressed == "weights-dropped":
            if not isinstance(dropped, dict):
                return None
            place, name = uploads.give(dropped.get("upload"))
            delete = lambda: shutil.rmtree(place.parent, ignore_errors=True)  # noqa: E731
            return jobs.start("diagnose", {"path": str(place), "name": name}, delete)
        if pressed == "arrived" and not (isinstance(arrived, dict) and arrived.get("tab") == "weights" and path):
            return None
        text = str(path or "").strip()
        if not text:
            raise InvalidInput("path must be a file of weights on this machine, or a folder of such; or drop a file")
        return jobs.start("diagnose", {"path": text, "name": text})

    def finish(result: Any, _: Any, job: str) -> tuple[Any, str]:
        return {"job": job}, f"read in {result.seconds:.1f} s"

    also = [Input("weights-dropped", "data"), Input("arrived", "data")]
    working.register(app, jobs, "weights", [State("f-path", "value")], begin, finish, also)

    @app.callback(
        Output("weights-sentences", "children"), Output("weights-tables", "children"),
        Output("weights-drawn", "data"), Output("weights-pictures", "hidden"), Output("weights-query", "data"),
        Input("weights-result", "data"), Input("weights-matrix", "data"), State("f-path", "value"),
        State("arrived", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def show(result: Any, matrix: Any, path: Any, arrived: Any) -> list[Any]:
        if not isinstance(result, dict):
            return [no_update] * 5
        wanted = str(matrix or (arrived or {}).get("matrix") or "")
        try:
            shown = view(jobs, result, wanted)
        except InvalidInput as error:
            return [str(error), *[no_update] * 4]
        pictures = parts.drawn(shown.pictures, ["weights-spectrum", "weights-tail"])
        query = ""
        if path and shown.title == str(path).strip():
            query = address.write(
                "weights", {"path": shown.title, "matrix": shown.facts["matrix"] if matrix else wanted}
            )
        tables = [_table(title, rows, shown.facts["matrix"]) for title, rows in shown.tables]
        return [[html.P(s) for s in shown.sentences], tables, pictures, not shown.pictures, query]

    app.clientside_callback(
        ClientsideFunction("explorer", "weights"), Output("moved-weights", "data"),
        Input("weights-drawn", "data"), Input("weights-query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip


def view(jobs: Jobs, result: Any, matrix: str) -> Shown:
    """What is shown of a file that was read.

    Raises
    ------
    InvalidInput
        When its diagnosis is no longer kept.
    """
    from spectralaw.explorer import weights_view

    job = jobs.look(result.get("job"))
    if job.kind != "diagnose" or job.state != "done":
        raise InvalidInput("the diagnosis is not there any more; read the file again")
    return weights_view.shown(job.result, matrix)


def _table(title: str, rows: Any, chosen: str) -> Any:
    """The matrices get buttons, which show them above."""
    if title != "Matrices":
        return parts.table(title, rows)
    header, *body = rows
    listed = []
    for name, *rest in body:
        pressed = parts.aria(pressed="true" if name == chosen else "false")
        button = html.Button(name, type="button", className="matrix", **parts.data(matrix=name), **pressed)
        listed.append((button, *rest))
    return parts.table(title, [header, *listed])
