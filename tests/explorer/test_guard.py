"""Who may talk to the server, asked of a real one; and the command that starts it."""

from __future__ import annotations

import http.client
import json
import os
import sys

import pytest

from spectralaw import cli
from tests.explorer.conftest import Served

JSON = {"Content-Type": "application/json"}


def ask(served, path="/", method="GET", body=None, token=True, cookie=False, **headers):
    """Status, headers and start of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    secret = served.address.split("token=")[1]
    if token:
        path += ("&" if "?" in path else "?") + f"token={secret}"
    if cookie:
        headers["Cookie"] = f"spectralaw-{served.port}={secret}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read(3000).decode(errors="replace")
    connection.close()
    return found


def test_the_first_line_is_the_address(served):
    assert served.first_line.startswith(f"http://127.0.0.1:{served.port}/?token=") and served.port
    assert len(served.first_line.split("token=")[1]) >= 32


def test_the_token_opens_the_page_and_leaves_a_cookie(served):
    status, headers, text = ask(served)
    assert status == 200 and "<!DOCTYPE html>" in text
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    assert "default-src 'self'" in headers["Content-Security-Policy"] and headers["Referrer-Policy"] == "no-referrer"
    assert ask(served, token=False, cookie=True)[0] == 200


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/explorer.css", "/weights-file", "/nowhere"])
def test_without_the_token_nothing_is_answered(served, path):
    status, headers, text = ask(served, path, token=False)
    assert status == 403 and "token" in text and "Set-Cookie" not in headers
    assert ask(served, f"{path}?token=guessed", token=False)[0] == 403
    assert ask(served, path, token=False, Cookie=f"spectralaw-{served.port}=guessed")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", ""])
def test_another_host_is_refused(served, host):
    status, headers, text = ask(served, Host=host.format(port=served.port))
    assert status in (400, 403) and "<!DOCTYPE" not in text and "Set-Cookie" not in headers
    assert ask(served, Host=f"localhost:{served.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_another_origin_is_refused(served, origin):
    body = json.dumps({"output": "answer.data", "inputs": [], "state": []})
    path, headers = "/_dash-update-component", {**JSON, "Origin": origin.format(port=served.port)}
    assert ask(served, path, "POST", body, cookie=True, **headers)[0] == 403
    assert ask(served, path, "POST", body, cookie=True, **JSON, Sec_Fetch_Site="cross-site")[0] == 403


def test_bodies_have_a_limit(served):
    large = b"x" * ((8 << 20) + 1)
    status, _, text = ask(served, "/_dash-update-component", "POST", large, cookie=True, **JSON)
    assert status == 413 and "8 MiB" in text


def test_only_the_loopback_address_listens(served):
    import socket

    other = "127.0.0.2"  # as far from 127.0.0.1 as an address outside: what listens everywhere is met there, too
    with pytest.raises(OSError):
        socket.create_connection((other, served.port), timeout=5).close()
    if sys.platform == "linux":  # elsewhere that address need not exist
        with socket.create_server(("0.0.0.0", 0)) as everywhere:
            socket.create_connection((other, everywhere.getsockname()[1]), timeout=5).close()


def test_two_servers_have_two_tokens_and_json_is_one_object(served):
    other = Served("--json", "--dimension", "50", "--samples", "300", "--weight-decay", "1", "--network", "diagonal")
    try:
        assert set(json.loads(other.first_line)) == {"address"} and "network=diagonal&dimension=50" in other.address
        assert other.address.split("token=")[1] != served.address.split("token=")[1]
        status, *_ = ask(served, token=False, Cookie=f"spectralaw-{served.port}={other.address.split('token=')[1]}")
        assert status == 403
    finally:
        other.stop()


def test_it_ends_when_it_is_told_to_and_says_nothing(served):
    import signal

    for told in (signal.SIGINT, signal.SIGTERM):
        other = Served()
        other.process.send_signal(told)
        out, err = other.process.communicate(timeout=60)
        assert other.process.returncode == 0 and out == "" and err == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--view", "gama=2"], "unknown field"),
        (["--view", "gamma=2", "--gamma", "1"], "view cannot be given together with gamma"),
        (["--dimension", "1"], "dimension must be from 2"),
        (["--network", "cubic"], "network must be"),
        (["--port", "70000"], "port must be from 0 to 65535"),
        (["--export", "view.pdf"], "must be a file name that ends in .html"),
        (["--export", "there.html"], "must be a new file"),
        (["--export", "nowhere/view.html"], "cannot be written"),
        (["--export", "view.html", "--view", "tab=weights"], "must have the path"),
        (["--export", "view.html", "--view", "tab=sweeps&store=none.sqlite"], "none.sqlite"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, sentence):
    pytest.importorskip("dash", reason="the explorer needs dash")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.html").write_text("mine")
    assert cli.run(["explore", "--no-browser", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and sentence in said.err and said.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["there.html"] and (tmp_path / "there.html").read_text() == "mine"


def test_a_port_that_is_taken_is_said(served, capsys):
    assert cli.run(["explore", "--no-browser", "--port", str(served.port)]) == 2
    assert f"port {served.port} cannot be used" in capsys.readouterr().err


def test_a_rule_that_lets_nothing_pass_before_the_port_is_known():
    pytest.importorskip("flask", reason="the explorer needs dash")
    from flask import Flask, request

    from spectralaw.explorer.guard import Guard

    guard = Guard("secret")
    with Flask("x").test_request_context("/?token=secret", headers={"Host": "127.0.0.1:0"}):
        assert guard.refusal(request) is not None
    guard.allow(80)
    with Flask("x").test_request_context("/?token=secret", headers={"Host": "127.0.0.1:80"}):
        assert guard.refusal(request) is None
