"""Context: what catalogues say of the place of an alert, found as it arrives and kept with it."""

from skyhub.context._columns import CONTEXT, KINDS_SEARCHED
from skyhub.context._known import KnownSky, known_sky
from skyhub.context._match import context_of
from skyhub.context._read import AT_ALERT, contexts_of_alerts, object_context
from skyhub.context._store import context_rows, match_again

__all__ = [
    "AT_ALERT",
    "CONTEXT",
    "KINDS_SEARCHED",
    "KnownSky",
    "context_of",
    "context_rows",
    "contexts_of_alerts",
    "known_sky",
    "match_again",
    "object_context",
]
