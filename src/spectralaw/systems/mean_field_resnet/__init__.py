"""Scaled residual networks of many layers and particles: their limit, their training, and how well they generalise."""
