"""Objects on a list of one's own, from where the scanning page takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skyhub.client import Sky

__all__ = ["put_on_list"]

_MOST_NIGHTS = 62


def put_on_list(sky: Sky, object_ids: Sequence[str], list_name: str) -> dict[str, str]:
    """Put objects on a list of the viewer's.

    Returns
    -------
    dict
        Parameters of the scanning page's address, for the candidates on the list of all nights that may be asked for.
    """
    sky.lists.add_all([{"object_id": name, "list_name": list_name} for name in object_ids], revise=True)
    nights = [night["dayobs"] for night in sky.candidates.nights()]
    last = date.fromisoformat(nights[0]) if nights else datetime.now(UTC).date()
    first = max(last - timedelta(_MOST_NIGHTS - 1), date.fromisoformat(nights[-1]) if nights else last)
    span = {"dayobs": last.isoformat()} if first == last else {"first_dayobs": str(first), "last_dayobs": str(last)}
    return {"on_list": json.dumps([list_name]), **span}
