"""Experiments: each computes its data, draws them, and judges its claims; one registry knows them all."""
