"""``python -m spectralaw``."""

from spectralaw.cli import main

if __name__ == "__main__":
    main()
