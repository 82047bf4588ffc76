"""The client: everything that one's groups may see, as tables, images, SQL and live changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from skyhub.client._brokers import Broker
from skyhub.client._candidates import Candidates
from skyhub.client._catalogs import Catalogs, Detectors, Galaxies, Instruments
from skyhub.client._changes import Changes
from skyhub.client._circulars import Circulars
from skyhub.client._context import Contexts
from skyhub.client._default_plans import DefaultPlans
from skyhub.client._events import Events
from skyhub.client._filters import Filters
from skyhub.client._finding import Finding
from skyhub.client._fits import Fits
from skyhub.client._followup import Shifts
from skyhub.client._injections import Injections
from skyhub.client._localizations import Localizations
from skyhub.client._messages import Messages
from skyhub.client._notes import Annotations, Classifications, Lists, Sources, Taxonomies
from skyhub.client._observability import Observability
from skyhub.client._observations import Observations
from skyhub.client._periodograms import ObjectPeriodogram, read_periodogram
from skyhub.client._photometry import send_photometry
from skyhub.client._plans import Plans
from skyhub.client._published import PublishedCirculars
from skyhub.client._records import Records
from skyhub.client._report_templates import GroupTemplates
from skyhub.client._requests import Requests
from skyhub.client._search import ObjectSearch, PersistentSearches
from skyhub.client._sending_rules import SendingRules
from skyhub.client._spectra import Attachments, Spectra
from skyhub.client._sql import KeepsTables, Sql
from skyhub.client._streams import Streams
from skyhub.client._tables import PhotometryTable, SkyTable
from skyhub.client._team import Groups, Tokens
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.client._treasuremap import TreasureMapPointings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Reports", "Sky"]


class Reports:
    """Reports: what can be run, what was run.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def templates(self, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """The reports that can be run, with their typed parameters; those of groups are called ``GROUP/NAME``."""
        answer = self._transport.get("/api/reports/templates", as_of=iso_time(as_of))
        templates: list[dict[str, Any]] = answer["templates"]
        return templates

    def runs(self, limit: int = 100, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """Runs, newest first."""
        runs: list[dict[str, Any]] = self._transport.get("/api/reports", limit=limit, as_of=iso_time(as_of))["runs"]
        return runs

    def calendar(
        self, begin: datetime | str, end: datetime | str, *, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """The ``runs`` that were due in ``[begin, end)`` (UTC), and those ``planned`` that the clock will make."""
        given = {"begin": iso_time(begin), "end": iso_time(end), "as_of": iso_time(as_of)}
        document: dict[str, Any] = self._transport.get("/api/schedules/calendar", **given)
        return document

    def request(self, name: str, **parameters: Any) -> str:
        """Ask for a run; returns its identifier."""
        answer = self._transport.post("/api/reports", {"name": name, "parameters": parameters})
        return str(answer["report_id"])

    def run(self, report_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One run with its state."""
        record: dict[str, Any] = self._transport.get(f"/api/reports/{path_part(report_id)}", as_of=iso_time(as_of))
        return record

    def cancel(self, report_id: str) -> None:
        """End a run that is queued, or drop what comes of one that runs."""
        self._transport.post(f"/api/reports/{path_part(report_id)}/cancel", {})

    def request_verification(self, report_id: str, *, now: bool = False) -> str:
        """Ask for the same run again, at the moment at which it read or `now`; returns the new run's identifier."""
        answer = self._transport.post(f"/api/reports/{path_part(report_id)}/verifications", {"now": now})
        return str(answer["report_id"])

    def differences(self, verification_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """How a run that verifies another differs from it: facts by their path, lines of the text."""
        path = f"/api/reports/{path_part(verification_id)}/differences"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of))
        return document

    def findings(self, report_id: str, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """What breaks the rules of circulars in the text of a run (``rule, severity, line, message``), if it is one."""
        text = self.artifact(report_id, "text", as_of=as_of)
        if not text.upper().startswith((b"SUBJECT:", b"TITLE:")):
            return []
        from skyhub.circulars import lint, read_circular

        return [asdict(found) for found in lint(read_circular(text))]

    def record(self, facts: dict[str, Any] | None = None, text: str = "") -> None:
        """Within a report's notebook: keep facts (JSON values by name) and lines of its text with the run."""
        from IPython.display import publish_display_data

        from skyhub.paper import FACTS_MIME, TEXT_MIME

        if facts:
            publish_display_data({FACTS_MIME: facts, "text/plain": ""})
        if text:
            publish_display_data({TEXT_MIME: {"text": text}, "text/plain": text})

    def artifact(self, report_id: str, kind: str, *, as_of: datetime | str | None = None) -> bytes:
        """The ``notebook``, ``html``, ``facts``, ``text``, ``queries``, ``log`` or ``pdf`` (A4, made on demand) of a run."""
        path = f"/api/reports/{path_part(report_id)}/{path_part(kind)}"
        return self._transport.get_bytes(path, as_of=iso_time(as_of))


class Sky(KeepsTables):
    """A connection to skyhub with one caller's rights.

    Parameters
    ----------
    transport
        How the data service is reached.
    resources
        What to close with the connection.
    """

    def __init__(self, transport: Transport, resources: ExitStack | None = None) -> None:
        self.transport = transport
        self.changes = Changes(transport)
        self.candidates = Candidates(transport, self.changes)
        self.events = Events(transport)
        self.advocates = Records(transport, "advocates")
        self.event_triggers = Records(transport, "event_triggers")
        self.circular_statuses = Records(transport, "circular_statuses")
        self.filters = Filters(transport)
        self.filter = self.filters.function
        self.reports = Reports(transport)
        self.report_templates = GroupTemplates(transport)
        self.sql = Sql(transport)
        self.sources = Sources(transport)
        self.search = ObjectSearch(transport)
        self.searches = PersistentSearches(transport)
        self.comments = Records(transport, "comments")
        self.annotations = Annotations(transport)
        self.taxonomies = Taxonomies(transport)
        self.classifications = Classifications(transport)
        self.redshifts = Records(transport, "redshifts")
        self.lists = Lists(transport)
        self.tags = Records(transport, "tags")
        self.object_tags = Records(transport, "object_tags")
        self.aliases = Records(transport, "aliases")
        self.same_as = Records(transport, "same_as")
        self.fits = Fits(transport)
        self.spectra = Spectra(transport)
        self.localizations = Localizations(transport)
        self.observations = Observations(transport)
        self.treasuremap = TreasureMapPointings(transport)
        self.attachments = Attachments(transport)
        self.scan_profiles = Records(transport, "scan_profiles")
        self.preferences = Records(transport, "preferences")
        self.injections = Injections(transport)
        self.allocations = Records(transport, "allocations")
        self.shifts = Shifts(transport)
        self.requests = Requests(transport)
        self.streams = Streams(transport)
        self.groups = Groups(transport)
        self.tokens = Tokens(transport)
        self.photometry_validations = Records(transport, "photometry_validations")
        self.telescopes = Records(transport, "telescopes")
        self.instruments = Instruments(transport)
        self.detectors = Detectors(transport)
        self.galaxies = Galaxies(transport)
        self.galaxy_catalogs = Records(transport, "galaxy_catalogs")
        self.spatial_catalogs = Records(transport, "spatial_catalogs")
        self.reference_catalogs = Records(transport, "reference_catalogs")
        self.catalogs = Catalogs(transport)
        self.context = Contexts(transport)
        self.observability = Observability(transport)
        self.finding = Finding(transport)
        self.channels, self.rules = Records(transport, "channels"), Records(transport, "rules")
        self.default_plans = DefaultPlans(transport)
        self.sending_rules = SendingRules(transport)
        self.schedules = Records(transport, "schedules")
        self.messages = Messages(transport)
        self.plans = Plans(transport)
        self.circulars = Circulars(transport)
        self.published_circulars = PublishedCirculars(transport)
        self.circular_accounts = Records(transport, "circular_accounts")
        self.circular_authors = Records(transport, "circular_authors")
        self._resources = resources or ExitStack()

    def me(self) -> dict[str, Any]:
        """Who I am here: name, groups, scopes."""
        document: dict[str, Any] = self.transport.get("/api/me")
        return document

    def news(self) -> dict[str, Any]:
        """Counts of what is new since the last visit."""
        document: dict[str, Any] = self.transport.get("/api/news")
        return document

    def explain(self, table: str, row_id: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Why I may see the row of an identifier (an object's, for ``objects``, ``photometry``, ``alerts`` and so on).

        Of a row that is hidden no more is said than of one that does not exist: the rule, and what I have.
        """
        path = f"/api/explain/{path_part(table)}/{path_part(row_id)}"
        document: dict[str, Any] = self.transport.get(path, as_of=iso_time(as_of))
        return document

    def photometry(
        self,
        object_id: str,
        *,
        as_of: datetime | str | None = None,
        versions: str = "current",
        duplicates: str = "all",
    ) -> PhotometryTable:
        """The light curve of an object: fluxes in µJy, magnitudes AB, times MJD (UTC).

        Parameters
        ----------
        object_id
            The object.
        as_of
            Only what was known at this time.
        versions
            ``current``, or ``all``: with the points that were superseded, and with all values as they were given.
        duplicates
            ``all``, or one point of each exposure (instrument, filter, time within 1e-5 d): the ``newest``; with ``forced``
            or ``unforced`` the newest of this kind, where there is one.
        """
        path = f"/api/photometry/{path_part(object_id)}"
        # Without options, which are the service's defaults, it answers sooner.
        given = (("versions", versions, "current"), ("duplicates", duplicates, "all"))
        options = {name: value for name, value, default in given if value != default}
        return PhotometryTable(self.transport.get_arrow(path, as_of=iso_time(as_of), **options))

    def upload_photometry(self, data: Any, object_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Upload points of light curves; all of them are stored, or none.

        Parameters
        ----------
        data
            A file's path, or a table of pandas, polars, Arrow or astropy, or a mapping of columns.
        object_id
            Whose points they are, if no column says so.
        **options
            Fields of `skyhub.photometry.UploadOptions`, such as ``instrument``, ``filter``, ``magsys``, ``groups``,
            ``ra`` and ``dec`` of a new object, ``dry_run``.

        Returns
        -------
        dict
            ``read, stored, revised, duplicates, shared, unshared, objects, new_objects, rejected, upload_id``;
            of a dry run ``rows``.
        """
        return send_photometry(self.transport, data, {"object_id": object_id, **options})

    def share_photometry(self, *groups: str, keep: bool = False, **points: Any) -> dict[str, Any]:
        """Say which groups see uploaded points from now on, with their earlier reductions.

        Parameters
        ----------
        *groups
            The groups: your own, and those that see the points already.
        keep
            Groups that see the points already go on seeing them.
        **points
            Which points: ``upload_id``, or ``object_id`` and perhaps ``instrument``, or ``photometry_ids``.

        Returns
        -------
        dict
            ``shared, unchanged, object_ids``.
        """
        document: dict[str, Any] = self.transport.post(
            "/api/photometry/share", {"groups": list(groups), "keep": keep, **points}
        )
        return document

    def remove_photometry(self, **points: Any) -> dict[str, Any]:
        """End uploaded points; ``as_of`` and ``versions="all"`` still tell of them.

        Parameters
        ----------
        **points
            Which points, as in `share_photometry`.

        Returns
        -------
        dict
            ``removed, object_ids``.
        """
        document: dict[str, Any] = self.transport.post("/api/photometry/remove", points)
        return document

    def statistics(self, object_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """What the points of an object add up to: detections, peak, limits, rates, colours."""
        path = f"/api/photometry/{path_part(object_id)}/statistics"
        document: dict[str, Any] = self.transport.get(path, as_of=iso_time(as_of))
        return document

    def periodogram(
        self,
        object_id: str,
        *,
        as_of: datetime | str | None = None,
        going: Callable[[], bool] | None = None,
        **search: Any,
    ) -> ObjectPeriodogram:
        """The period of an object's light curve; ``search`` are fields of `skyhub.analysis.PeriodSearch`.

        The search ends, also in the service, when it is interrupted, or once `going` says no, which is asked ten times a second.
        """
        return read_periodogram(self.transport, object_id, as_of=as_of, going=going, **search)

    def source(self, object_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """All that is known of an object."""
        document: dict[str, Any] = self.transport.get(f"/api/objects/{path_part(object_id)}", as_of=iso_time(as_of))
        return document

    def history(self, object_id: str, *, as_of: datetime | str | None = None) -> SkyTable:
        """Everything that was known of an object, in the order of time: when, what, by whom, before and after."""
        path = f"/api/objects/{path_part(object_id)}/history"
        return SkyTable.from_rows(self.transport.get(path, as_of=iso_time(as_of))["rows"])

    def audit(
        self,
        *,
        user: str | None = None,
        table: str | None = None,
        object_id: str | None = None,
        since: datetime | None = None,
        limit: int = 1000,
        before: str | None = None,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Who wrote what, newest first: of everybody for an administrator, else of what one may see."""
        where = {
            "user": user,
            "table": table,
            "object_id": object_id,
            "since": iso_time(since, "since"),
            "as_of": iso_time(as_of),
        }
        return SkyTable.from_rows(self.transport.get("/api/audit", limit=limit, before=before, **where)["rows"])

    def brokers(self) -> SkyTable:
        """The brokers that may be asked, and how each fares."""
        return SkyTable.from_rows(self.transport.get("/api/brokers")["brokers"])

    def broker(self, name: str) -> Broker:
        """A broker: the data service asks it, with the platform's account and your rights."""
        return Broker(self.transport, name)

    def find(self, text: str, radius: float = 60.0, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """Objects by name, or near coordinates (radius in arcsec)."""
        given = {"q": text, "radius": radius, "as_of": iso_time(as_of)}
        objects: list[dict[str, Any]] = self.transport.get("/api/objects", **given)["objects"]
        return objects

    def alert(
        self, candid: int | str, *, survey: str | None = None, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """One alert with all fields of its packet; name the survey if several have alerts of this number."""
        where = f"/api/alerts/{path_part(candid)}"
        document: dict[str, Any] = self.transport.get(where, survey=survey, as_of=iso_time(as_of))
        return document

    def find_alerts(
        self,
        text: str,
        radius: float = 5.0,
        *,
        limit: int = 100,
        cursor: str | None = None,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """Alerts by candid, object or coordinates (radius in arcsec), newest first: ``{"alerts", "cursor"}``."""
        given = {"q": text, "radius": radius, "limit": limit, "cursor": cursor, "as_of": iso_time(as_of)}
        document: dict[str, Any] = self.transport.get("/api/alerts", **given)
        return document

    def alert_verdicts(
        self, candid: int | str, *, survey: str | None = None, as_of: datetime | str | None = None
    ) -> list[dict[str, Any]]:
        """What each of one's filters makes of an alert."""
        where = f"/api/alerts/{path_part(candid)}/verdicts"
        rows: list[dict[str, Any]] = self.transport.get(where, survey=survey, as_of=iso_time(as_of))["verdicts"]
        return rows

    def survey_image(self, object_id: str) -> dict[str, Any]:
        """An object's surroundings in a deep survey, north up: ``survey, width_arcsec, image`` (a data URL) and ``why`` not.

        Raises
        ------
        Unavailable
            If the service that the operator named does not answer.
        """
        document: dict[str, Any] = self.transport.get(f"/api/objects/{path_part(object_id)}/survey-image")
        return document

    def thumbnails(
        self, object_ids: Sequence[str], *, as_of: datetime | str | None = None
    ) -> dict[str, dict[str, str | None]]:
        """The cutouts of the newest alerts of up to 100 objects, as data URLs: ``science, template, difference`` by object."""
        if not object_ids:
            return {}
        found: dict[str, dict[str, str | None]] = self.transport.get(
            "/api/alerts/thumbnails", object_id=list(object_ids), as_of=iso_time(as_of)
        )
        return found

    def cutout(
        self,
        candid: int | str,
        kind: str = "science",
        *,
        survey: str | None = None,
        as_of: datetime | str | None = None,
    ) -> NDArray[np.float64]:
        """A cutout of an alert as an image, its rows as in the packet; of ZTF the first row is the northern one.

        Parameters
        ----------
        candid
            The alert.
        kind
            ``science``, ``template`` or ``difference``.
        survey
            Its survey, if several have alerts of this number.
        as_of
            Only of an alert that was known at this time.
        """
        from skyhub.alerts import fits_image

        path = f"/api/alerts/{path_part(candid)}/cutouts/{path_part(kind)}.fits"
        return fits_image(self.transport.get_bytes(path, survey=survey, as_of=iso_time(as_of)))

    def close(self) -> None:
        """End live streams and close the connection."""
        self.changes.close()
        self.transport.close()
        self._resources.close()

    def __enter__(self) -> Sky:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Sky at {self.transport.url}>"
