"""Why an alert passed a filter or did not: the value and the verdict of each cut, at the time and now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.alerts import alert_record
from skyhub.candidates._conditions import annotate
from skyhub.candidates._cuts import Cut, cuts_of
from skyhub.candidates._filter_book import Versions, filter_versions, known_filters, visible_filters
from skyhub.candidates._filters import Filter, seen_by_filters
from skyhub.candidates._functions import annotations_of_all
from skyhub.candidates._nights import NightBook
from skyhub.candidates._sandbox import DERIVED, evaluate
from skyhub.candidates._source import source_of
from skyhub.context import AT_ALERT
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound

__all__ = ["explain_alert", "explain_candidate", "explain_filter", "explained"]

_OF_OBJECT = f"SELECT * FROM {AT_ALERT} WHERE object_id = ? ORDER BY mjd DESC, candid DESC LIMIT ?"
_OF_CANDID = f"SELECT * FROM {AT_ALERT} WHERE candid = ? ORDER BY survey = ? DESC LIMIT 1"
"""Of several surveys' alerts of one number, the one of the filter's survey."""
_PASSED = "SELECT candidate_id, candid, survey, filter_version FROM @candidates WHERE filter_id = ? AND object_id = ?"
_MOST = 100


def explain_filter(
    db: Database,
    viewer: Viewer,
    filter_id: int,
    *,
    candid: int | None = None,
    object_id: str | None = None,
    version: int | None = None,
    limit: int = 10,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """What a filter makes of an alert, or of the newest alerts of an object.

    Parameters
    ----------
    db, viewer
        The database, and who asks: for a filter and alerts that the viewer may see.
    filter_id
        The filter.
    candid, object_id
        The alert, or the object; one of them.
    version
        Which version to try instead of the live one.
    limit
        At most so many alerts of an object.
    as_of
        With the versions and the alerts that were known at this time.

    Returns
    -------
    dict
        ``filter`` and, newest first, ``alerts``: of each ``at_alert`` (by the version that was live when it came, with
        the ``candidate_id`` that it became) and ``now`` (by the live version, or the one asked for), as `explained` gives
        them; null where no version was live. The columns of an alert are those of its packet, and of its
        context as it came: they never change.

    Raises
    ------
    NotFound
        If the viewer may see no such filter, version, alert or object.
    """
    known = filter_versions(db, viewer, filter_id, as_of)
    now = known.live_at() if version is None else known.version(version)
    _require_one(candid, object_id, limit)
    if candid is not None:
        alerts = db.reader.query(viewer, _OF_CANDID, [candid, known.newest["survey"]], as_of)
    else:
        alerts = db.reader.query(viewer, _OF_OBJECT, [object_id, limit], as_of)
    if not len(alerts):
        asked = f"alert of {object_id}" if candid is None else f"alert {candid}"
        raise NotFound(f"there is no {asked} among those that you may see.", str(candid or object_id))
    rows = db.reader.rows(viewer, _PASSED, [filter_id, alerts["object_id"][0].as_py()], as_of)
    passed = {(row["survey"], row["candid"]): row for row in rows}
    names = db.access.names_of_groups()
    return {
        "filter": {
            "filter_id": str(filter_id),
            "name": known.newest["name"],
            "group": names.get(known.newest["group_id"]),
            "survey": known.newest["survey"],
        },
        "alerts": [
            _of_alert(db, alerts.slice(n, 1), known, now, passed.get(key))
            for n, key in enumerate(zip(*(alerts[name].to_pylist() for name in ("survey", "candid")), strict=True))
        ],
    }


def explain_candidate(db: Database, viewer: Viewer, candidate_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """Why a candidate is here: the filters that let its object through in its night, each with its cuts at that time.

    Raises
    ------
    NotFound
        If there is no such candidate among those that the viewer may see.
    """
    night, place = db.part(NightBook).seen(viewer, candidate_id, as_of)
    places = night.visible(viewer, as_of, night.same_object(place)).tolist()
    visible = visible_filters(db, viewer, as_of)
    passed = [row for row in night.rows.take(places).to_pylist() if row["filter_id"] in visible]
    reasons = []
    for row in passed:
        told = explain_filter(db, viewer, row["filter_id"], candid=row["candid"], as_of=as_of)
        [alert] = told["alerts"]
        reasons.append({"filter": told["filter"], **alert})
    return {
        "candidate_id": str(candidate_id),
        "object_id": night.rows["object_id"][place].as_py(),
        "passed": sorted(reasons, key=lambda r: (-r["mjd"], r["filter"]["name"])),
    }


def explain_alert(
    db: Database, viewer: Viewer, candid: int, as_of: datetime | None = None, survey: str | None = None
) -> list[dict[str, Any]]:
    """What each of the viewer's filters makes of an alert: the ``filter``, ``at_alert`` and ``now``, as `explain_filter` says.

    Raises
    ------
    NotFound
        If the viewer may see no such alert.
    InvalidInput
        If alerts of several surveys have this number and no survey is named.
    """
    survey = alert_record(db, viewer, candid, as_of, survey)["survey"]
    found = []
    for number, known in known_filters(db, viewer, as_of).items():
        if known.newest["survey"] == survey:
            told = explain_filter(db, viewer, number, candid=candid, as_of=as_of)
            [alert] = told["alerts"]
            if alert["at_alert"] or alert["now"]:
                found.append({"filter": told["filter"], "at_alert": alert["at_alert"], "now": alert["now"]})
    return sorted(found, key=lambda row: (row["filter"]["group"] or "", row["filter"]["name"]))


def explained(db: Database, version: Filter, alert: pa.Table) -> dict[str, Any]:
    """What a version of a filter makes of one alert.

    Parameters
    ----------
    db, version
        The database, and the version.
    alert
        An alert with its context.

    Returns
    -------
    dict
        ``version, language, expression, passes, annotations`` and ``cuts``: of each its text ``cut``, its ``verdict`` (true,
        false or null), the
        ``columns`` that it uses with their values, the ``value`` that it holds against a bound (null if it is of another
        sort), and the ``error`` if it cannot be computed. The filter passes an alert if all verdicts are true. A function is
        one cut. ``annotations`` are what the filter computes of this alert, whether it passes or not.
    """
    survey = alert["survey"][0].as_py()
    of_survey = _told(
        Cut(f"survey = '{version.survey}'", ("survey",), "survey"), survey == version.survey, survey, {"survey": survey}
    )
    if version.language == "python":
        cuts, annotations = _of_function(db, version, alert)
    else:
        batch = seen_by_filters(alert)
        cuts, annotations = _judged(version, batch), annotate(version.annotations, batch)[0][0]
    return {
        "version": version.version,
        "language": version.language,
        "expression": version.expression,
        "passes": all(cut["verdict"] is True for cut in (of_survey, *cuts)),
        "cuts": [of_survey, *cuts],
        "annotations": annotations,
    }


def _of_function(db: Database, version: Filter, alert: pa.Table) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    cut = Cut(f"{source_of(version.expression).name}(alerts)", (), None)
    try:
        passes, annotations = annotations_of_all(db, version, alert)
    except InvalidInput as error:
        return [{**_told(cut, None, None, {}), "error": error.message}], {}
    return [_told(cut, passes, None, {})], annotations


def _judged(version: Filter, batch: pa.Table) -> list[dict[str, Any]]:
    cuts = cuts_of(version.expression)
    known = {*batch.column_names, *DERIVED}
    columns = list(dict.fromkeys(name for cut in cuts for name in cut.columns if name in known))
    given = [f'"{name}"' for name in columns]
    try:
        [found] = evaluate(batch, [cut.text for cut in cuts], [*(cut.measured or "NULL" for cut in cuts), *given])
    except duckdb.Error:
        [values] = evaluate(batch, [], given) if given else [()]
        return [_alone(cut, batch, dict(zip(columns, values, strict=True))) for cut in cuts]
    verdicts, measured, values = found[: len(cuts)], found[len(cuts) : 2 * len(cuts)], found[2 * len(cuts) :]
    row = dict(zip(columns, values, strict=True))
    return [_told(cut, verdict, value, row) for cut, verdict, value in zip(cuts, verdicts, measured, strict=True)]


def _alone(cut: Cut, batch: pa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A cut by itself, where some other cannot be computed, or this one."""
    try:
        [(verdict, value)] = evaluate(batch, [cut.text], [cut.measured or "NULL"])
    except duckdb.Error as error:
        return {**_told(cut, None, None, row), "error": str(error)}
    return _told(cut, verdict, value, row)


def _told(cut: Cut, verdict: bool | None, value: Any, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "cut": cut.text,
        "verdict": verdict,
        "value": json_value(value),
        "columns": json_value({name: row[name] for name in cut.columns if name in row}),
        "error": None,
    }


def _of_alert(
    db: Database, alert: pa.Table, known: Versions, now: dict[str, Any] | None, passed: dict[str, Any] | None
) -> dict[str, Any]:
    row = alert.select(["candid", "object_id", "mjd", "known_at"]).to_pylist()[0]
    if passed:
        then: dict[str, Any] | None = known.version(passed["filter_version"])
    else:
        then = known.live_at(row["known_at"].replace(tzinfo=UTC))
    asked = {v["version"]: v for v in (then, now) if v}
    told = {number: explained(db, Filter.of_row(v), alert) for number, v in asked.items()}
    at_alert = then and {**told[then["version"]], "candidate_id": passed and str(passed["candidate_id"])}
    return {**json_value(row), "at_alert": at_alert, "now": now and told[now["version"]]}


def _require_one(candid: int | None, object_id: str | None, limit: int) -> None:
    if (candid is None) == (object_id is None):
        raise InvalidInput("a filter is explained for an alert or for an object: give candid or object_id.", "candid")
    if not 1 <= limit <= _MOST:
        raise InvalidInput(f"limit is {limit}: 1 to {_MOST} are permitted.", "limit")
