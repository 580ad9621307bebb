"""Who may talk to the page's server: this machine's browser that was given the token, and nobody's other page.

The server listens on the loopback address alone. Every request must name it as its host (so that no foreign name can be
pointed at it), come from its own page, and carry the random token, from the address that was printed or from the cookie
that it left. Answers tell the browser to load nothing from anywhere else.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import Any

LARGEST_BODY = 8 << 20
"""Bytes of a request that is no dropped file."""
LARGEST_FILE = 2 << 30
"""Bytes of a dropped file; larger ones are read in place, by their path."""
UPLOAD = "/weights-file"
"""Where a dropped file is sent, on this machine."""


class Guard:
    """The rules for one server."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.port = 0

    def allow(self, port: int) -> None:
        """Take requests for this port; none are taken before."""
        self.port = port

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names under which the server may be called."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}") if self.port else ()

    @property
    def cookie(self) -> str:
        """Name of the cookie; cookies know no ports, so that two pages need two names."""
        return f"spectralaw-{self.port}"

    def address(self, query: str = "") -> str:
        """Where the page is, with its token."""
        return f"http://127.0.0.1:{self.port}/?{f'{query}&' if query else ''}token={self.token}"

    def refusal(self, request: Any) -> tuple[str, int] | None:
        """Why a request is refused, and its status; None for one that may pass."""
        if request.headers.get("Host", "") not in self.hosts:
            return "This server answers on its loopback address only.", 403
        origin = request.headers.get("Origin")
        if origin is not None and origin not in [f"http://{host}" for host in self.hosts]:
            return "This server answers its own page only.", 403
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and request.method != "GET":
            return "This server answers its own page only.", 403
        if not (self._right(request.args.get("token")) or self._right(request.cookies.get(self.cookie))):
            return "Open the address that spectralaw explore printed: it has the token that this page needs.", 403
        largest = LARGEST_FILE if request.path == UPLOAD else LARGEST_BODY
        if request.method not in ("GET", "HEAD") and request.content_length is None:
            return "A request must say how long it is.", 411
        if (request.content_length or 0) > largest:
            return (
                f"This is larger than the {largest >> 20:,} MiB that are taken; give the path of a file instead.",
                413,
            )
        return None

    def _right(self, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def finish(self, request: Any, response: Any, scripts: Iterable[str] = ()) -> Any:
        """Rules for the browser; and the cookie, for whoever came with the token."""
        allowed = " ".join(f"'{digest.strip(chr(39))}'" for digest in scripts)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
            "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if response.status_code < 400 and self._right(request.args.get("token")):
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict", path="/")
        return response
