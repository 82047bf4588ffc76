"""The scheduler: executes reports, has plans drafted, sends messages and circulars, fetches sky maps, and talks to telescopes."""

from skyhub.scheduler._drafter import draft_default_plans
from skyhub.scheduler._mapper import fetch_claimed, fetch_maps
from skyhub.scheduler._owned import HubServers, Servers, assemble_claimed, run_own, serve_owners
from skyhub.scheduler._sender import send_claimed, send_messages
from skyhub.scheduler._submitter import submit_circulars, submit_claimed
from skyhub.scheduler._telescopes import talk_to_telescope, talk_to_telescopes
from skyhub.scheduler._worker import release_lost, run_claimed, work

__all__ = [
    "HubServers", "Servers", "assemble_claimed", "draft_default_plans", "fetch_claimed", "fetch_maps", "release_lost",
    "run_claimed", "run_own", "send_claimed", "send_messages", "serve_owners", "submit_circulars",
    "submit_claimed", "talk_to_telescope", "talk_to_telescopes", "work",
]  # fmt: skip
