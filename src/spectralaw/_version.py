"""The version of the package, for its face and for what is written into stores."""

__version__ = "0.1.0"
