"""Candidate filters through the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from skyhub.client._function_source import FilterFunction, language_and_text
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Filters"]

_Documents: TypeAlias = "list[dict[str, Any]]"


class Filters:
    """Candidate filters: call it for a table of those that are live, look after them, ask what they make of an alert.

    Filters are named by their number, or by their name where that is enough.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.filters.add("Bright and new", "mag < 18 AND age < 3", "transients")    # doctest: +SKIP
    >>> sky.filters.explain("Bright and new", object_id="ZTF26aaaaaaa")    # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, every: bool = False, as_of: datetime | str | None = None) -> SkyTable:
        """The filters that are live, or every one: what each lets through, and since when."""
        return SkyTable.from_rows(self.list(every=every, as_of=as_of))

    def list(self, *, every: bool = False, as_of: datetime | str | None = None) -> _Documents:
        """The same as documents."""
        filters: _Documents = self._transport.get("/api/filters", every=every, as_of=iso_time(as_of))["filters"]
        return filters

    def get(self, name: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One filter with its ``versions``, and the ``states`` that say which was live when, and who said so."""
        return self._document(name, as_of=as_of)

    def versions(self, name: int | str, *, as_of: datetime | str | None = None) -> SkyTable:
        """The versions of a filter, oldest first."""
        return SkyTable.from_rows(self.get(name, as_of=as_of)["versions"])

    def add(
        self, name: str, expression: str | FilterFunction, group: str | None = None, **settings: Any
    ) -> dict[str, Any]:
        """Store a filter of a group (of everybody by default), or a new version of it; it is not live yet.

        Parameters
        ----------
        name, expression, group
            Its name in the group, and an SQL condition on one alert, or a function of a batch of them; see `function`.
        **settings
            ``survey``; ``guard``, the greatest fraction of alerts that may pass (as before; 0.05 at first); ``annotations``,
            SQL expressions by key whose values are noted of what passes; ``autosave``, groups for which it is saved.
        """
        language, text = language_and_text(expression)
        body = {"name": name, "expression": text, "language": language, "group": group, **settings}
        document: dict[str, Any] = self._transport.post("/api/filters", body)
        return document

    def function(
        self, name: str, group: str | None = None, **settings: Any
    ) -> Callable[[FilterFunction], FilterFunction]:
        """Store the function that follows as a filter, or as a new version of it; it is not live yet.

        The function gets a pandas frame of a batch of alerts: the columns that conditions in SQL see, in the order of the
        alerts; if it takes a second value, also a frame of the points that were known when each alert came, with its
        ``candid``. It returns one boolean for each alert, or a frame with the index of the alerts, a column ``pass`` and
        further ones, which are noted of what passes. It runs where nothing but numpy, pandas, pyarrow, scipy and a part of
        the standard library is at hand, for a limited time.

        Parameters
        ----------
        name, group, **settings
            As for `add`.

        Examples
        --------
        >>> @sky.filter("Rising", group="transients")    # doctest: +SKIP
        ... def rising(alerts, points):
        ...     brightest = points.groupby("candid")["mag"].min()
        ...     return alerts["mag"] <= alerts["candid"].map(brightest)
        """

        def store(function: FilterFunction) -> FilterFunction:
            self.add(name, function, group, **settings)
            return function

        return store

    def dry_run(
        self,
        name: int | str | None = None,
        nights: Sequence[str] = (),
        *,
        expression: str | FilterFunction | None = None,
        language: str | None = None,
        annotations: Mapping[str, str] | None = None,
        version: int | None = None,
        survey: str = "ZTF",
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """Try a filter on the alerts of nights that you may see; nothing is stored.

        Parameters
        ----------
        name, version
            The filter, and which version of it (the newest by default).
        nights
            Nights as ``2026-11-21``; the three newest by default.
        expression, language, annotations, survey
            A condition or a function (or its source, in ``language="python"``) to try instead of a version, and what it is to
            note, on a survey's alerts.
        as_of
            With what was known at this time.

        Returns
        -------
        dict
            ``n_alerts, n_passed, fraction, cost_ms`` (per alert), ``n_faults`` (alerts on which something could not be
            computed), ``examples`` with their annotations, the ``objects`` that pass, and those ``added`` and ``removed`` with
            regard to the live version.
        """
        number = None if name is None else self._number(name)
        told, text = ("sql", None) if expression is None else language_and_text(expression)
        body: dict[str, Any] = {"filter_id": number, "version": version, "nights": [*nights], "survey": survey}
        body |= {"expression": text, "language": language or told, "annotations": dict(annotations or {})}
        document: dict[str, Any] = self._transport.post(
            "/api/filters/dry-run", {**body, "as_of": self._transport.moment(as_of)}
        )
        return document

    def completeness(
        self,
        known: Mapping[str, bool],
        nights: Sequence[str] = (),
        names: Sequence[int | str] = (),
        *,
        every_version: bool = False,
        confidence: float | None = None,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Run known objects through filters again: completeness and purity with their intervals; nothing is stored.

        Parameters
        ----------
        known
            Of objects whose class is known, whether a filter should let them through.
        nights, names
            Nights as ``2026-11-21`` (the three newest by default), and which filters (all that are live).
        every_version
            All of their versions, instead of the one that is live (the newest if none is).
        confidence
            Probability of the intervals; one sigma by default.
        as_of
            With what was known at this time.

        Returns
        -------
        SkyTable
            A row for each version; its columns are those of `skyhub.candidates.filter_completeness`.
        """
        body: dict[str, Any] = {"known": dict(known), "nights": [*nights], "every_version": every_version}
        body |= {} if confidence is None else {"confidence": confidence}
        body |= {"filter_ids": [self._number(name) for name in names], "as_of": self._transport.moment(as_of)}
        return SkyTable.from_rows(self._transport.post("/api/filters/completeness", body)["filters"])

    def purity(
        self,
        nights: Sequence[str],
        names: Sequence[int | str] = (),
        *,
        classes: Sequence[str] = (),
        confidence: float | None = None,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Purity by what people decided on the candidates of nights: the share that was real, with its interval.

        Parameters
        ----------
        nights, names
            Nights as ``2026-11-21``, and which filters (all that you see by default).
        classes
            What people have classified is real if it is one of these; else what scanners saved is.
        confidence
            Probability of the intervals; one sigma by default.
        as_of
            With what was known at this time.

        Returns
        -------
        SkyTable
            A row for each version and night, and for each version of all nights together (``dayobs`` null); its columns are
            those of `skyhub.candidates.filter_purity`.
        """
        asked: dict[str, Any] = {"dayobs": [*nights], "filter_id": [self._number(name) for name in names]}
        asked |= {"classification": [*classes], "confidence": confidence, "as_of": iso_time(as_of)}
        return SkyTable.from_rows(self._transport.get("/api/filters/purity", **asked)["filters"])

    def passes(self, dayobs: str | None = None, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """How many alerts each filter has let through in a night (the newest with alerts by default), and how it fares.

        Returns
        -------
        dict
            ``dayobs`` and ``filters``: of each ``filter_id, n_alerts, n_passed, n_objects, fraction, failing, n_faults,
            last_fault``.
        """
        document: dict[str, Any] = self._transport.get("/api/filters/passes", dayobs=dayobs, as_of=iso_time(as_of))
        return document

    def status(self, name: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """How a filter has fared since its live version went live: ``failing, n_faults, last_fault, cost_ms``."""
        return self._document(name, "status", as_of=as_of)

    def trial(
        self,
        name: int | str,
        version: int | None = None,
        nights: Sequence[str] = (),
        *,
        known: Any = (),
        list_name: str | None = None,
    ) -> dict[str, Any]:
        """Run a version over reference nights, as it must be before it goes live, and keep the result.

        Parameters
        ----------
        name, version
            The filter, and which version of it (the newest by default).
        nights
            Nights as ``2026-11-21``; the three newest by default.
        known, list_name
            Objects that it should find: names, or a table with a column ``object_id``; and those of a list.

        Returns
        -------
        dict
            ``n_alerts, n_passed, fraction, guard, within_guard, recall, recovered, missed, absent, cost_ms, added,
            removed``.
        """
        names = known["object_id"] if _has_objects(known) else known
        names = names.to_pylist() if hasattr(names, "to_pylist") else [*names]
        body = {"version": version, "nights": [*nights], "known_objects": names, "list_name": list_name}
        document: dict[str, Any] = self._transport.post(self._path(name, "trials"), body)
        return document

    def trials(self, name: int | str, *, as_of: datetime | str | None = None) -> _Documents:
        """The trials of a filter's versions, oldest first."""
        trials: _Documents = self._document(name, "trials", as_of=as_of)["trials"]
        return trials

    def activate(self, name: int | str, version: int, reason: str | None = None) -> dict[str, Any]:
        """Let a version go live in the place of the one that is.

        Its last trial must have kept to its guard; else one who administers the group gives a reason. A function that was
        failing goes on with the alerts that wait.
        """
        return self._set_live(name, {"version": version, "reason": reason})

    def deactivate(self, name: int | str, reason: str | None = None) -> dict[str, Any]:
        """Let a filter pass nothing any more; its candidates stay."""
        return self._set_live(name, {"version": None, "reason": reason})

    def explain(
        self,
        name: int | str,
        *,
        candid: int | str | None = None,
        object_id: str | None = None,
        version: int | None = None,
        limit: int = 10,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """What a filter makes of an alert, or of the newest alerts of an object.

        Parameters
        ----------
        name
            The filter.
        candid, object_id
            The alert, or the object.
        version
            Which version to try now, instead of the live one.
        limit
            At most so many alerts of an object.
        as_of
            With what was known at this time.

        Returns
        -------
        dict
            ``filter`` and ``alerts``: of each ``at_alert`` (by the version that was live when it came) and ``now``, with
            the ``cuts``: text, verdict (true, false, null), columns with their values.
        """
        asked = {"candid": candid, "object_id": object_id, "version": version, "limit": limit}
        return self._document(name, "explain", as_of=as_of, **asked)

    def _document(
        self, name: int | str, *parts: str, as_of: datetime | str | None = None, **asked: Any
    ) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.get(self._path(name, *parts), as_of=iso_time(as_of), **asked)
        return document

    def _set_live(self, name: int | str, body: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.send("PUT", self._path(name, "live"), body)
        return document

    def _path(self, name: int | str, *parts: str) -> str:
        return "/".join(["/api/filters", *map(path_part, (self._number(name), *parts))])

    def _number(self, name: int | str) -> str:
        """The number of a filter that is named by it, or by its name."""
        if isinstance(name, int) or name.isdecimal():
            return str(name)
        filters = self.list(every=True)
        found = [f for f in filters if f["name"] == name]
        if not found:
            raise NotFound(
                f"there is no filter {name!r}: {', '.join(repr(f['name']) for f in filters) or 'none'}.", name
            )
        if len(found) > 1:
            numbers = ", ".join(f"{f['filter_id']} ({f['group'] or 'public'})" for f in found)
            raise InvalidInput(f"several filters are named {name!r}: give the number of one, {numbers}.", name)
        return str(found[0]["filter_id"])

    def __repr__(self) -> str:
        return (
            "<filters: (), list, get, versions, add, function, dry_run, completeness, purity, trial, trials, passes, status, "
            "activate, deactivate, explain>"
        )


def _has_objects(known: Any) -> bool:
    """Whether something is a table (ours, or of pandas, polars, Arrow or astropy) with a column of objects."""
    columns = getattr(known, "columns", getattr(known, "colnames", ()))
    names = getattr(known, "column_names", columns)
    return "object_id" in names
