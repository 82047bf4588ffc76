"""Discovery in an event: which objects and galaxies lie in its sky map, and what people say of them as counterparts."""

from skyhub.discovery._asked import CounterpartSearch, GalaxySearch
from skyhub.discovery._find import event_counterparts
from skyhub.discovery._galaxies import event_galaxies
from skyhub.discovery._statuses import COUNTERPARTS, STATUSES, Counterpart, counterpart_statuses, set_status

KINDS = (COUNTERPARTS,)

__all__ = [
    "COUNTERPARTS",
    "KINDS",
    "STATUSES",
    "Counterpart",
    "CounterpartSearch",
    "GalaxySearch",
    "counterpart_statuses",
    "event_counterparts",
    "event_galaxies",
    "set_status",
]
