"""Theory against training: the same problem at several dimensions, judged by where it tends."""

from spectralaw.comparison.comparison import Agreement, Comparison, Measured, assemble, compare

__all__ = ["Agreement", "Comparison", "Measured", "assemble", "compare"]
