"""Pictures as they lie in the file: size, fonts, kind."""

from __future__ import annotations

import re
import struct
import zlib

import pytest

from spectralaw import InvalidInput
from spectralaw.figures import look


def pdf_text(path) -> bytes:
    """A PDF with its compressed streams opened."""
    raw = path.read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, flags=re.S)
    opened = []
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            opened.append(stream)
    return raw + b"".join(opened)


def pixels(path) -> tuple[int, int]:
    """Width and height of a PNG, as its header says."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


def figure(width=3.0, height=2.0):
    import matplotlib

    with matplotlib.rc_context(look.SETTINGS):
        made = look.new_figure(width, height)
        axis = made.subplots()
        axis.plot([1.0, 10.0], [1.0, 100.0])
        axis.set(xscale="log", yscale="log", xlabel=r"$n_{\rm eff}$ of the $\lambda$", title="a title – with Δ")
    return made


def test_the_style_reaches_the_file(tmp_path):
    png, pdf = look.save(figure(), tmp_path / "figure")
    assert pixels(png) == (600, 400)  # 3 by 2 inches at 200 dots an inch
    text = pdf_text(pdf)
    assert b"/Type3" not in text and b"/FontFile2" in text


def test_the_check_sees_type_3_fonts_and_the_default_size(tmp_path):
    import matplotlib

    with matplotlib.rc_context({"pdf.fonttype": 3, "savefig.dpi": 100}):
        made = figure()
        made.savefig(tmp_path / "bad.pdf")
        made.savefig(tmp_path / "bad.png")
    assert b"/Type3" in pdf_text(tmp_path / "bad.pdf")
    assert pixels(tmp_path / "bad.png") == (300, 200)


def test_the_same_picture_is_the_same_file(tmp_path):
    for suffix in look.KINDS:
        first, second = (look.write(figure(), tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert first == second


def test_suffixes_are_honoured_and_names_with_points_kept(tmp_path):
    assert [path.name for path in look.save(figure(), tmp_path / "map.v1")] == ["map.v1.png", "map.v1.pdf"]
    assert look.write(figure(), tmp_path / "x.svg").read_bytes()[:5] == b"<?xml"
    assert look.write(figure(), tmp_path / "x.PDF").read_bytes()[:4] == b"%PDF"
    with pytest.raises(InvalidInput, match=r"figure must end in .png, .pdf, .svg, not 'x.jpg'"):
        look.write(figure(), tmp_path / "x.jpg")
    with pytest.raises(InvalidInput, match="figure must end in"):
        look.write(figure(), tmp_path / "x")


def test_nothing_of_the_style_is_left_behind(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    look.save(figure(), tmp_path / "figure")
    assert dict(matplotlib.rcParams) == before
