"""What is asked of a version of a filter before it is stored or run."""

from __future__ import annotations

from collections.abc import Sequence

from skyhub.alerts import SURVEYS_FOLDER, surveys_of
from skyhub.candidates._conditions import require_condition
from skyhub.candidates._filter_rights import audience_of
from skyhub.candidates._filters import LANGUAGES, Filter, seen_by_filters
from skyhub.candidates._functions import require_function
from skyhub.context import AT_ALERT
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused

__all__ = ["autosave_groups", "require_filter", "require_survey"]

_NOTHING = f"SELECT * FROM {AT_ALERT} LIMIT 0"
_SAMPLE = f"SELECT * FROM {AT_ALERT} WHERE survey = ? ORDER BY known_at DESC, candid DESC LIMIT ?"
_SAMPLE_SIZE = 32


def require_filter(db: Database, viewer: Viewer, new: Filter) -> None:
    """Refuse a version that is no filter of one alert alone.

    Raises
    ------
    InvalidInput
        Naming the cut, the annotation or the line; a function is run over some of the newest alerts that its group sees.
    """
    require_survey(db, new.survey)
    if new.language == "python":
        audience = audience_of(db, viewer, new.group_id)
        require_function(db, new, db.reader.query(audience, _SAMPLE, [new.survey, _SAMPLE_SIZE]))
    elif new.language == "sql":
        require_condition(new, seen_by_filters(db.reader.query(ADMINISTRATOR, _NOTHING)))
    else:
        raise InvalidInput(f"language {new.language!r} is not known: {', '.join(LANGUAGES)} are permitted.", "language")


def require_survey(db: Database, survey: str) -> None:
    """Raise `InvalidInput` unless there is a survey of this name."""
    if any(known.name == survey for known in surveys_of()):
        return  # whatever the mapping files of the data directory say
    surveys = sorted(known.name for known in surveys_of(db.data_dir / SURVEYS_FOLDER))
    if survey not in surveys:
        raise InvalidInput(f"survey {survey!r} is not known: {', '.join(surveys)} are permitted.", "survey")


def autosave_groups(db: Database, viewer: Viewer, names: Sequence[str]) -> tuple[int, ...]:
    """Numbers of groups for which a viewer may have saved what passes.

    Raises
    ------
    PermissionRefused
        If the viewer may not save for one of them.
    """
    permitted = db.access.savable(viewer)
    chosen = {db.access.groups.get(name, -1) for name in names}
    if not chosen <= permitted:
        shown = ", ".join(db.access.group_names(permitted)) or "none"
        raise PermissionRefused(
            f"{viewer.name} may not save for {', '.join(names)}: {shown} are permitted.", "autosave"
        )
    return tuple(sorted(chosen))
