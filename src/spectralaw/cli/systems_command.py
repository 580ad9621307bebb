"""spectralaw systems"""

from __future__ import annotations

from spectralaw.cli import options, output


def systems(json: options.Json = False) -> None:
    """List the related systems: what each answers, and what to cite."""
    from spectralaw.systems.catalogue import SYSTEMS

    if json:
        listed = [
            {
                "name": s.name,
                "answers": s.answers,
                "arxiv": s.arxiv,
                "cite": s.reference,
                "module": s.module,
                "experiment": s.experiment,
            }
            for s in SYSTEMS
        ]
        output.print_json({"systems": listed})
        return
    output.print_pairs([(s.name, f"{s.answers} (arXiv:{s.arxiv})") for s in SYSTEMS])
    output.echo("\nin Python: spectralaw.systems.NAME; its figure and verdicts: spectralaw reproduce NAME-WITH-DASHES")
