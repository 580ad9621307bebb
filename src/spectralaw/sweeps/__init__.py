"""Sweeps: many trainings and predictions into one store, resumable."""

from spectralaw.sweeps.driver import sweep
from spectralaw.sweeps.errors import StoreError, SweepStopped
from spectralaw.sweeps.plan import Plan
from spectralaw.sweeps.plan import plan as plan_sweep
from spectralaw.sweeps.sweep import Sweep, open_sweep

__all__ = ["Plan", "StoreError", "Sweep", "SweepStopped", "open_sweep", "plan_sweep", "sweep"]
