"""The scheduler: executes reports on demand and by schedule, and delivers messages."""

from skyhub.scheduler._sender import send_claimed, send_messages
from skyhub.scheduler._worker import run_claimed, work

__all__ = ["run_claimed", "send_claimed", "send_messages", "work"]
