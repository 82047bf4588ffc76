"""People who write, sign and send circulars, and runs of reports that wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skyhub.db import ROLES, Database, Viewer
from skyhub.reports import Outcome, ReportTemplate, Sidecar, claim_run, finish_run, request_run
from skyhub.submissions import approve_circular, draft_from_run, review_circular

GROUP = frozenset({"transients"})
VERA = Viewer("vera", GROUP, scopes=ROLES["scientist"])
OLAF = Viewer("olaf", GROUP, scopes=ROLES["scientist"])
SCANNER = Viewer("scanner", GROUP, scopes=ROLES["scanner"])
READER = Viewer("reader", GROUP)
OTHER = Viewer("other", frozenset({"bursts"}), scopes=ROLES["scientist"])

SUBJECT = "GRB 230812B: optical limits"
BODY = """\
V. Author (Institute) reports:

We observed the field of GRB 230812B at 21:37 UT and found no new source. The
limit is r > 20.5 (AB, 5 sigma), not corrected for Galactic extinction.
"""
FACTS = {"limits": [{"filter": "r", "limiting_mag": 20.512}], "queries": {}}

_TEMPLATE = ReportTemplate(
    "limits", Path("nowhere.ipynb"), Sidecar.model_validate({"title": "T", "description": "D", "parameters": {}})
)


def run_of(db: Database, viewer: Viewer = VERA, *, text: str | None = None, **facts: Any) -> str:
    """A run that is done; by default it wrote the circular above."""
    report_id = request_run(db, viewer, _TEMPLATE, {})
    claim_run(db, "worker", report_id)
    said = f"SUBJECT: {SUBJECT}\n\n{BODY}" if text is None else text
    artifacts = {"facts": json.dumps({**FACTS, **facts}), "text": said}
    finish_run(db, report_id, Outcome("done", "", 1.0, "r", 1, artifacts))
    return report_id


def drafted(db: Database, viewer: Viewer = VERA, **facts: Any) -> int:
    """A draft for the group, from a run."""
    report_id = run_of(db, viewer, **facts)
    return int(draft_from_run(db, viewer, report_id, report_id, sorted(viewer.groups))["circular_id"])


def approved(db: Database) -> int:
    """A draft that vera wrote, reviewed, and olaf approved."""
    number = drafted(db)
    review_circular(db, VERA, number, 1)
    approve_circular(db, OLAF, number, 1)
    return number
