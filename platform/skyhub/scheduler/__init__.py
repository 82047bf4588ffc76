"""The scheduler: executes reports on demand and by schedule."""

from skyhub.scheduler._worker import run_claimed, work

__all__ = ["run_claimed", "work"]
