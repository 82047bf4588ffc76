"""Circulars on their way: drafts that people edit, reviews and approvals, and the sending of what was approved."""

from skyhub.submissions._accounts import CIRCULAR_ACCOUNTS, CircularAccount
from skyhub.submissions._authors import CIRCULAR_AUTHORS, CircularAuthor
from skyhub.submissions._drafts import CIRCULARS, CircularDraft
from skyhub.submissions._pdf import circular_pdf
from skyhub.submissions._runs import (
    compare_versions,
    draft_from_run,
    edit_circular,
    judge_circular,
    read_facts,
    unite_with_run,
)
from skyhub.submissions._sending import (
    LEASE,
    SendingOutcome,
    claim_sending,
    finish_sending,
    request_sending,
    tell_outcome,
)
from skyhub.submissions._signing import approve_circular, review_circular, withdraw_approval
from skyhub.submissions._steps import circular_steps

__all__ = [
    "CIRCULARS",
    "CIRCULAR_ACCOUNTS",
    "CIRCULAR_AUTHORS",
    "KINDS",
    "LEASE",
    "CircularAccount",
    "CircularAuthor",
    "CircularDraft",
    "SendingOutcome",
    "approve_circular",
    "circular_pdf",
    "circular_steps",
    "claim_sending",
    "compare_versions",
    "draft_from_run",
    "edit_circular",
    "finish_sending",
    "judge_circular",
    "read_facts",
    "request_sending",
    "review_circular",
    "tell_outcome",
    "unite_with_run",
    "withdraw_approval",
]

KINDS = (CIRCULARS, CIRCULAR_ACCOUNTS, CIRCULAR_AUTHORS)
