"""Write gallery.md and its images from what ``spectralaw reproduce`` left: python docs/gallery.py QUICK [PAPER]."""

import shutil
import sys
from pathlib import Path

TITLES = {
    "risk-curves": "Learning curves (figure 3)",
    "phase-diagram": "Phase diagram (figure 1)",
    "spectra": "Spectra by phase (figure 2)",
    "noiseless-phases": "Noiseless phase diagram (figure 4)",
    "noiseless-risk": "Noiseless risk (figure 5)",
    "weight-decay": "Risk against weight decay",
    "width": "Risk against width",
    "optimum": "How near the best weight decay comes to the Bayes-optimal risk",
    "heavy-tails": "Heavy tails from weak repulsion",
}
HEAD = """# Gallery and verdicts

Each figure is made by one command, `spectralaw reproduce NAME`, with data (netCDF), picture (PNG and PDF) and a
verdict table: what was claimed, what was measured, agree or not. First the quick size, under two minutes each on two
cores; then, as far as they were run, figures of `--size paper`. `make gallery` makes the quick size and this page.
"""


def section(folder: Path, name: str, title: str, suffix: str, option: str) -> str:
    """One figure with its verdict; empty where it was not made."""
    verdict = folder / f"{name}-verdict.md"
    if not verdict.exists():
        return ""
    here = Path(__file__).parent
    shutil.copy(folder / f"{name}.png", here / "images" / f"{name}{suffix}.png")
    return (
        f"\n## {title}\n\n`spectralaw reproduce {name}{option}`\n\n![{title}](images/{name}{suffix}.png)\n\n"
        + verdict.read_text(encoding="utf-8")
    )


def main(quick: Path, paper: Path | None) -> None:
    """Write the page."""
    page = HEAD + "".join(section(quick, name, title, "", "") for name, title in TITLES.items())
    if paper is not None:
        page += "".join(
            section(paper, name, f"{title}, paper size", "-paper", " --size paper") for name, title in TITLES.items()
        )
    (Path(__file__).parent / "gallery.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
