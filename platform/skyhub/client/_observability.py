"""When something can be observed from telescopes on the ground: tonight, along a night, over the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from skyhub.client._axes import axes_or_new
from skyhub.client._options import require_known
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CONDITIONS", "NightTable", "Observability", "YearTable"]

CONDITIONS = (
    "airmass",
    "formula",
    "sun_altitude",
    "moon_separation",
    "moon_by_illumination",
    "moon_up_only",
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


class Observability:
    """When something can be observed: call it for a night; or follow it along the night, or over the year.

    What is observed is an object by its name, or a `position` (ICRS). Conditions are those of
    `skyhub.science.visibility.Constraints`: ``airmass, formula, sun_altitude, moon_separation, moon_by_illumination,
    moon_up_only, altitude, hour_angle``; a telescope's own limits are kept as well.

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
        "position": position,
        "telescope": [telescopes] if isinstance(telescopes, str) else [*telescopes],
        "night": None if night is None else str(night),
        "as_of": iso_time(as_of),
        **conditions,
    }
