"""The scheduler: executes reports on demand and by schedule, delivers messages, sends circulars, fetches sky maps."""

from skyhub.scheduler._mapper import fetch_claimed, fetch_maps
from skyhub.scheduler._sender import send_claimed, send_messages
from skyhub.scheduler._submitter import submit_circulars, submit_claimed
from skyhub.scheduler._worker import run_claimed, work

__all__ = [
    "fetch_claimed", "fetch_maps", "run_claimed", "send_claimed", "send_messages", "submit_circulars", "submit_claimed",
    "work",
]  # fmt: skip
