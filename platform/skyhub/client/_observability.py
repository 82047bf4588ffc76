"""When something can be observed from telescopes on the ground: tonight, along a night, over the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from skyhub.client._axes import axes_or_new
from skyhub.client._options import require_known
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CONDITIONS", "NightTable", "Observability", "Observers", "TargetTable", "YearTable"]

CONDITIONS = (
    "airmass",
    "formula",
    "sun_altitude",
    "moon_separation",
    "moon_by_illumination",
    "moon_up_only",
    "moon_illumination",
    "altitude",
    "hour_angle",
)
"""Names of conditions, as `skyhub.observability.Asked` has them."""


class NightTable(SkyTable):
    """Where something stands along a night."""

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw altitude against time, thick where it can be observed; the Moon dotted, the Sun above −18 deg shaded.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        for name, night in self.to_pandas().groupby("telescope"):
            [line] = ax.plot(night["mjd"], night["altitude"], lw=1, label=str(name))
            shown = night["altitude"].where(night["observable"])
            ax.plot(night["mjd"], shown, lw=3, color=line.get_color())
            ax.plot(night["mjd"], night["moon_altitude"], ":", color=line.get_color())
            ax.fill_between(night["mjd"], 0, 90, where=night["sun_altitude"] > -18, color="0.5", alpha=0.15, lw=0)
        ax.set_ylim(0, 90)
        ax.set_xlabel("MJD (UTC)")
        ax.set_ylabel("altitude (deg)")
        ax.legend()
        return ax


class YearTable(SkyTable):
    """In how many hours of each night something can be observed."""

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw hours against the date.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        for name, nights in self.to_pandas().groupby("telescope"):
            ax.plot(nights["night"], nights["hours"], label=str(name))
        ax.set_ylim(bottom=0)
        ax.set_ylabel("hours in the night")
        ax.legend()
        return ax


class TargetTable(SkyTable):
    """How long each target can be observed from each telescope."""

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the hours of each target (rows) from each telescope (columns).

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        hours = self.to_pandas().pivot_table("hours", "target", "telescope", sort=False)
        image = ax.imshow(hours.to_numpy(), aspect="auto", vmin=0)
        ax.set_xticks(range(hours.shape[1]), [*hours.columns], rotation=90)
        ax.set_yticks(range(hours.shape[0]), [*hours.index])
        ax.figure.colorbar(image, ax=ax, label="hours in the night")
        return ax


class Observers(dict[str, Any]):
    """Who can see a localization or a target at a time."""

    @cached_property
    def telescopes(self) -> SkyTable:
        """The telescopes, those that see most first: columns as in `skyhub.observability.observers_of`."""
        return SkyTable.from_rows(self["telescopes"])

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the telescopes on the Earth by the probability that each sees now, and the places below Sun and Moon.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        rows = self["telescopes"]
        lon, lat, seen = ([row[name] for row in rows] for name in ("longitude", "latitude", "now"))
        shown = ax.scatter(lon, lat, c=seen, vmin=0, vmax=1)
        for name, mark in (("sun", "*"), ("moon", "o")):
            ax.plot(*self[name], mark, color="0.4", ms=12, label=f"{name} at the zenith")
        ax.set(xlim=(-180, 180), ylim=(-90, 90), xlabel="longitude (deg)", ylabel="latitude (deg)")
        ax.set_title(f"{self['time'][:16]} UTC")
        ax.legend()
        ax.figure.colorbar(shown, ax=ax, label="probability that is seen now")
        return ax


class Observability:
    """When something can be observed: call it for a night; or follow it along the night, or over the year.

    What is observed is an object by its name, or a `position` (ICRS). Conditions are those of
    `skyhub.science.visibility.Constraints`: ``airmass, formula, sun_altitude, moon_separation, moon_by_illumination,
    moon_up_only, moon_illumination, altitude, hour_angle``; a telescope's own limits are kept as well.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.observability("ZTF26abc", telescopes=["P48", "LT"], moon_separation=30)    # doctest: +SKIP
    >>> sky.observability.night(position="150.1 2.2", telescopes="P48").plot()         # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(
        self,
        object_id: str | None = None,
        *,
        position: str | None = None,
        telescopes: str | Sequence[str] = (),
        night: date | str | None = None,
        as_of: datetime | str | None = None,
        **conditions: Any,
    ) -> SkyTable:
        """Hours, windows and best time in a night, one row for each telescope, the longest first.

        Parameters
        ----------
        object_id, position
            What: an object, or a position as ``150.1 2.2`` or ``10:00:24 +02:12:00``.
        telescopes
            From where, by names; all on the ground by default.
        night
            The date of its evening at the site; tonight by default.
        as_of
            With positions and telescopes as they were known at this time.
        **conditions
            See above.

        Returns
        -------
        SkyTable
            Columns as in `skyhub.observability.observability`; ``windows`` and ``twilights`` are JSON text.
        """
        path, given = _request(object_id, position, telescopes, night, as_of, conditions)
        return SkyTable.from_rows(self._transport.get(path, **given)["telescopes"])

    def night(
        self,
        object_id: str | None = None,
        *,
        position: str | None = None,
        telescopes: str | Sequence[str] = (),
        night: date | str | None = None,
        as_of: datetime | str | None = None,
        **conditions: Any,
    ) -> NightTable:
        """Altitude, azimuth, airmass and the Moon every 5 minutes of a night, from each telescope; parameters as above."""
        path, given = _request(object_id, position, telescopes, night, as_of, conditions)
        return NightTable(self._transport.get_arrow(f"{path}/curves", **given))

    def sky(
        self, telescope: str, time: datetime | str | None = None, *, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """The horizon of a telescope, airmass 2 and the night side at a time (now by default), as lines on the sky (ICRS, deg)."""
        found: dict[str, Any] = self._transport.get(
            "/api/observability/sky", telescope=telescope, time=iso_time(time, "time"), as_of=iso_time(as_of)
        )
        return found

    def targets(
        self,
        targets: Sequence[str | tuple[str, float, float] | Mapping[str, Any]],
        *,
        telescopes: str | Sequence[str] = (),
        night: date | str | None = None,
        as_of: datetime | str | None = None,
        **conditions: Any,
    ) -> TargetTable:
        """How long and when best each of many targets can be observed from each telescope in a night.

        Parameters
        ----------
        targets
            Objects by name; places as ``(name, ra, dec)`` (ICRS, deg); or rows with ``object_id``, or ``name, ra, dec``, such as
            those of `Sky.sources` or `Events.galaxies`.
        telescopes, night, as_of, **conditions
            As above.

        Returns
        -------
        TargetTable
            One row for each pair: columns as in `skyhub.observability.observability_of_targets`.
        """
        require_known(conditions, CONDITIONS, "condition")
        body = {"targets": [_target(each) for each in targets], **_places(telescopes, night), **conditions}
        given = {name: value for name, value in body.items() if value is not None}
        moment = self._transport.moment(as_of)
        query = "" if moment is None else f"?{urlencode({'as_of': moment})}"
        return TargetTable(self._transport.post_for_arrow(f"/api/observability/targets{query}", given))

    def observers(
        self,
        localization_id: int | str | None = None,
        time: datetime | str | None = None,
        *,
        object_id: str | None = None,
        position: str | None = None,
        telescopes: str | Sequence[str] = (),
        as_of: datetime | str | None = None,
        **conditions: Any,
    ) -> Observers:
        """Who can see a localization at a time, now by default: the probability that each telescope sees then, and in its night.

        Parameters
        ----------
        localization_id, object_id, position
            What: a localization; or an object or a position (ICRS), whose probability is 1.
        time
            When (UTC).
        telescopes, as_of, **conditions
            As above.
        """
        require_known(conditions, CONDITIONS, "condition")
        asked = {**_places(telescopes, None), "time": iso_time(time), "as_of": iso_time(as_of), **conditions}
        if localization_id is not None:
            return Observers(self._transport.get(f"/api/localizations/{localization_id}/observers", **asked))
        what = {"object_id": object_id, "position": position}
        return Observers(self._transport.get("/api/observability/observers", **what, **asked))

    def year(
        self,
        object_id: str | None = None,
        *,
        position: str | None = None,
        telescopes: str | Sequence[str] = (),
        night: date | str | None = None,
        nights: int = 365,
        every: int = 1,
        as_of: datetime | str | None = None,
        **conditions: Any,
    ) -> YearTable:
        """Hours in each of some nights, ``every`` so many days from a first one on; other parameters as above."""
        path, given = _request(object_id, position, telescopes, night, as_of, conditions)
        return YearTable(self._transport.get_arrow(f"{path}/year", nights=nights, every=every, **given))


def _request(
    object_id: str | None,
    position: str | None,
    telescopes: str | Sequence[str],
    night: date | str | None,
    as_of: datetime | str | None,
    conditions: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """The path, and the parameters. Raises `InvalidInput` if a condition is not known, or not one thing is named."""
    require_known(conditions, CONDITIONS, "condition")
    if (object_id is None) == (position is None):
        raise InvalidInput("name an object, or give a position= as 150.1 2.2, and not both.", "position")
    path = "/api" if object_id is None else f"/api/objects/{path_part(object_id)}"
    return f"{path}/observability", {
        "position": position, **_places(telescopes, night), "as_of": iso_time(as_of), **conditions,
    }  # fmt: skip


def _places(telescopes: str | Sequence[str], night: date | str | None) -> dict[str, Any]:
    named = [telescopes] if isinstance(telescopes, str) else [*telescopes]
    return {"telescope": named, "night": None if night is None else str(night)}


def _target(given: str | tuple[str, float, float] | Mapping[str, Any]) -> dict[str, Any]:
    """A target as it travels; of rows with more columns only those that say what it is."""
    if isinstance(given, str):
        return {"object_id": given}
    if not isinstance(given, Mapping):
        given = dict(zip(("name", "ra", "dec"), given, strict=False))
    if given.get("object_id") is not None:
        return {"object_id": given["object_id"]}
    return {name: given.get(name) for name in ("name", "ra", "dec")}
