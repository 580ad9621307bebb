"""The claims of tensor compression, held against what was measured; what is missing never agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim

if TYPE_CHECKING:
    import xarray

RECOVERY = "planted terms are found again to 1e-10"
FROBENIUS = "the Frobenius error of dropped terms is at most ξ"
OPERATOR = "the operator error of dropped terms is at most Σ |λ| max |FFT(C)|"
IDENTITY = "with equality where one term is dropped"
NOT_XI = "ξ is no bound of the operator error"
RANKS = "the certificate is above the operator error on images of every size tried, at every rank"
OUTPUT = "the error of the output is at most the certificate, on every input"
LOOSE = "which is loose: ten times the measured error or more, at the median"
HOLDS = "a compression to a certified error stays within it, measured and certified"
SMALLER = "and still takes fewer parameters"
CLAIMS = (RECOVERY, FROBENIUS, OPERATOR, IDENTITY, NOT_XI, RANKS, OUTPUT, LOOSE, HOLDS, SMALLER)
_ROUNDING = 1e-9
_LOST = "numbers are missing or not finite"


def _finite(*arrays: np.ndarray) -> bool:
    return all(a.size and bool(np.all(np.isfinite(a))) and bool(np.all(a >= 0.0)) for a in arrays)


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim on every part that it is about."""
    judges = {
        "truncation": _truncation, "random": _ranks, "trained": _ranks, "typical": _typical, "certified": _certified
    }  # fmt: skip
    return [claim for data in datasets for claim in judges[data.attrs["part"]](data)]


def _truncation(data: xarray.Dataset) -> list[Claim]:
    about = f"{data.sizes['seed']} kernels of {data.attrs['rank']} terms, {'×'.join(map(str, data.attrs['shape']))}"
    recovery = data.recovery.values
    found = [
        Claim.of(
            RECOVERY,
            about,
            f"largest difference of an entry {np.max(recovery):.0e}",
            _finite(recovery) and bool(np.max(recovery) <= 1e-10),
        )
    ]
    operator, termwise, noise, frobenius, margin = (
        data[name].values for name in ("operator_error", "termwise", "noise", "frobenius_error", "margin")
    )
    if not _finite(operator, termwise, noise, frobenius, margin) or not np.all(operator * noise * termwise > 0.0):
        rest = (FROBENIUS, OPERATOR, IDENTITY, NOT_XI)
        return found + [Claim.of(claim, about, "no errors", False, _LOST) for claim in rest]
    terms = termwise / margin
    ratio, off = operator / terms, np.abs(operator / terms - 1.0)[:, -1]
    inside, above = frobenius / noise, operator / noise
    return [
        *found,
        Claim.of(
            FROBENIUS, about, f"ratio {inside.min():.3f} to {inside.max():.3f}", bool(inside.max() <= 1.0 + _ROUNDING)
        ),
        Claim.of(
            OPERATOR, about, f"ratio {ratio.min():.3f} to {ratio.max():.3f}", bool(ratio.max() <= 1.0 + _ROUNDING)
        ),
        Claim.of(IDENTITY, about, f"relative difference up to {off.max():.0e}", bool(off.max() <= _ROUNDING)),
        Claim.of(NOT_XI, about, f"above it in {np.mean(above > 1.0):.0%}, up to {above.max():.2f} times",
                 bool(np.any(above > 1.0 + _ROUNDING))),
    ]  # fmt: skip


def _ranks(data: xarray.Dataset) -> list[Claim]:
    about = f"{data.attrs['part']} kernel, {'×'.join(map(str, data.attrs['shape']))}"
    bound, here, others = data.bound.values, data.operator_error.values, data.other_sizes.values
    if not _finite(bound, here, others) or not np.any(here > 0.0):
        return [Claim.of(RANKS, about, "no errors", False, _LOST)]
    large = bound > 1e-10  # below, both are rounding
    if not np.any(large):
        return [Claim.of(RANKS, about, "all errors are rounding", None, "every rank tried is exact")]
    ratio = np.maximum(here, others)[large] / bound[large]
    return [
        Claim.of(
            RANKS,
            about,
            f"measured over certified {ratio.min():.3f} to {ratio.max():.3f}; certified relative error {bound[0]:.2f} "
            f"at rank {data['rank'].values[0]}, {bound[-1]:.2g} at {data['rank'].values[-1]}",
            bool(ratio.max() <= 1.0 + _ROUNDING),
        )
    ]


def _about(data: xarray.Dataset) -> str:
    return f"{data.attrs['network']} network, {data.attrs['part']} guarantee, {data.attrs['samples']} images"


def _output(data: xarray.Dataset) -> Claim:
    measured, certified = data.measured.values, data.certified.values
    if not _finite(measured, certified):
        return Claim.of(OUTPUT, _about(data), "no errors", False, _LOST)
    room = certified - measured
    vacuous = float(np.mean(certified >= 1.0))
    told = f"{np.mean(room < -1e-12):.0%} above it; the certificate is vacuous (1 or more) in {vacuous:.0%}"
    return Claim.of(OUTPUT, _about(data), told, bool(np.all(room >= -1e-12)))


def _typical(data: xarray.Dataset) -> list[Claim]:
    found = [_output(data)]
    measured, certified = data.measured.values, data.certified.values
    moved = certified > 1e-10
    if not _finite(measured, certified):
        return [*found, Claim.of(LOOSE, _about(data), "no errors", False, _LOST)]
    if not np.any(moved):
        return [*found, Claim.of(LOOSE, _about(data), "no layer was compressed", None, "there is no error to compare")]
    middle = float(np.median(measured[moved] / certified[moved]))
    return [*found, Claim.of(LOOSE, _about(data), f"median of measured over certified {middle:.4f}", middle <= 0.1)]


def _certified(data: xarray.Dataset) -> list[Claim]:
    found = [_output(data)]
    measured, certified, share = data.measured.values, data.certified.values, data.share.values
    tolerance = data.tolerance.values
    if not _finite(measured, certified, share, tolerance):
        return [*found, *(Claim.of(claim, _about(data), "no errors", False, _LOST) for claim in (HOLDS, SMALLER))]
    worst, bound = measured.max(axis=1), certified.max(axis=1)
    listed = "; ".join(f"{w:.2g} ≤ {b:.2g} ≤ {t:g}" for w, b, t in zip(worst, bound, tolerance, strict=True))
    if not np.any(bound > 0.0):
        why = "no layer could be compressed under the certificate"
        return [*found, *(Claim.of(claim, _about(data), "all kept", None, why) for claim in (HOLDS, SMALLER))]
    good = np.all(worst <= bound + 1e-12) and np.all(bound <= tolerance * (1.0 + _ROUNDING))
    shares = ", ".join(f"{s:.2f} at {t:g}" for s, t in zip(share, tolerance, strict=True))
    return [
        *found,
        Claim.of(HOLDS, _about(data), listed, bool(good)),
        Claim.of(SMALLER, _about(data), f"share {shares}", bool(share.max() < 1.0 and share.min() > 0.0)),
    ]
