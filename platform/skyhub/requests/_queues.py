"""Which queue an instrument is asked for at, and what that queue wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from skyhub.adapters.telescopes import QUEUE_KINDS, Subject, TelescopeQueue
from skyhub.config import QueueSettings, load_settings
from skyhub.db import Database
from skyhub.errors import InvalidInput

__all__ = ["QueueBook", "checked_payload", "list_queues"]


class QueueBook:
    """The queues, as the settings said when the database was opened.

    Parameters
    ----------
    db
        The database; nothing of it is read.
    """

    def __init__(self, db: Database) -> None:
        self.settings = load_settings().queues

    def name_for(self, instrument: str) -> str:
        """The name of the queue of an instrument. Raises `InvalidInput` if none is declared."""
        for name, settings in self.settings.items():
            if instrument in settings.instruments:
                return name
        known = sorted({each for settings in self.settings.values() for each in settings.instruments})
        raise InvalidInput(
            f"no queue is declared for {instrument}: {', '.join(known) or 'none'} can be asked for (SKYHUB_QUEUES).",
            "allocation_id",
        )

    def kind_for(self, instrument: str) -> type[TelescopeQueue]:
        """What the queue of an instrument takes and promises."""
        return QUEUE_KINDS[self.settings[self.name_for(instrument)].kind]


def checked_payload(kind: type[TelescopeQueue], subject: Subject, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, complete and as JSON has it.

    Raises
    ------
    InvalidInput
        If the queue does not take requests of this sort, or a field cannot be used.
    """
    if subject not in kind.forms:
        raise InvalidInput(
            f"this queue takes no {subject}: {' and '.join(f'{name}s' for name in kind.forms)} it does.", "payload"
        )
    form = kind.forms[subject]
    try:
        return form.model_validate(payload).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        place = f"{field}: " if field else ""
        raise InvalidInput(
            f"{place}{message}. Fields: {', '.join(form.model_fields)}.", f"payload.{field}".rstrip(".")
        ) from None


def list_queues(db: Database) -> list[dict[str, Any]]:
    """The queues: ``name, kind, instruments, forms`` (JSON schemas by subject), ``types, secrets, updates, follows, guarantee``."""
    return [_described(name, settings) for name, settings in db.part(QueueBook).settings.items()]


def _described(name: str, settings: QueueSettings) -> dict[str, Any]:
    word = str(getattr(settings, "kind"))  # noqa: B009  (each of the kinds has one)
    kind = QUEUE_KINDS[word]
    return {
        "name": name,
        "kind": word,
        "instruments": settings.instruments,
        "forms": {subject: form.model_json_schema() for subject, form in kind.forms.items()},
        "types": dict(kind.types),
        "secrets": [list(names) for names in kind.secrets],
        "updates": kind.updates,
        "follows": kind.follows,
        "guarantee": kind.guarantee,
    }
