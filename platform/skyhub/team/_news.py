"""What is new since the viewer's last visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from skyhub.db import Database, Viewer, iso

__all__ = ["news"]

_FIRST_VISIT_LOOKS_BACK = timedelta(days=1)
_VISIT_LASTS = timedelta(minutes=5)

_COUNTS = """
    SELECT (SELECT count(DISTINCT object_id) FROM @candidates WHERE known_at > ?) AS candidates,
        (SELECT count(DISTINCT object_id) FROM (SELECT * FROM @sources
            QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1)
            WHERE active AND known_at > ?) AS sources,
        (SELECT count(*) FROM @decisions WHERE known_at > ? AND user_name != ?) AS decisions,
        (SELECT count(*) FROM @report_states WHERE state = 'done' AND known_at > ?) AS reports
"""


def news(db: Database, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Counts of what the viewer may see and has not seen: ``{"since", "candidates", "sources", "decisions", "reports"}``.

    A visit lasts five minutes: reloading the page keeps its news.
    """
    ended = now - _VISIT_LASTS
    visits = db.reader.rows(
        viewer,
        "SELECT max(known_at) AS last FROM @visits WHERE user_name = ? AND known_at < ?",
        [viewer.name, ended.replace(tzinfo=None)],
    )
    since = visits[0]["last"] or (now - _FIRST_VISIT_LOOKS_BACK).replace(tzinfo=None)
    counts = db.reader.rows(viewer, _COUNTS, [since, since, since, viewer.name, since])[0]
    return {"since": iso(since), **counts}
