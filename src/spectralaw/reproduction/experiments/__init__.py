"""One experiment a file; the file registers itself by naming an ``EXPERIMENT``."""
