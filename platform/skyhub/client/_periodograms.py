"""Periods of light curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skyhub.client._axes import axes_or_new
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ObjectPeriodogram", "read_periodogram"]


class ObjectPeriodogram:
    """The periodogram of an object's light curve.

    Parameters
    ----------
    document
        The answer of the service, as `skyhub.analysis.object_periodogram` describes it.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def period(self) -> float:
        """The best period (d)."""
        return float(self.document["period"])

    @property
    def epoch(self) -> float:
        """Where phases begin (MJD, UTC)."""
        return float(self.document["epoch"])

    @property
    def false_alarm(self) -> float | None:
        """Probability that noise has as high a peak; None with several harmonics and no bootstrap."""
        found: float | None = self.document["false_alarm"]
        return found

    @property
    def peaks(self) -> SkyTable:
        """The highest peaks, and what they may be of the highest one."""
        return SkyTable.from_rows(self.document["peaks"])

    @property
    def bands(self) -> SkyTable:
        """What each filter, instrument and origin says at the best period; means and amplitudes in µJy."""
        return SkyTable.from_rows(self.document["bands"])

    @property
    def window(self) -> SkyTable:
        """At which frequencies (1/d) the observations repeat."""
        return SkyTable.from_rows(self.document["window"])

    @property
    def spectrum(self) -> SkyTable:
        """The periodogram with its maxima: ``frequency`` (1/d), ``power``."""
        return SkyTable(pa.table(self.document["spectrum"]))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the power against the period, with the best period marked.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        spectrum = self.document["spectrum"]
        ax.plot([1 / frequency for frequency in spectrum["frequency"]], spectrum["power"], lw=0.7, color="C0")
        ax.axvline(self.period, color="C1", alpha=0.5, label=f"{self.period:.6g} d")
        ax.set_xscale("log")
        ax.set_xlabel("Period (d)")
        ax.set_ylabel("Power")
        ax.legend()
        return ax

    def __repr__(self) -> str:
        return f"<ObjectPeriodogram of {self.document['object_id']}: {self.period:.6g} d>"


def read_periodogram(
    transport: Transport,
    object_id: str,
    *,
    filters: Sequence[str] = (),
    as_of: datetime | str | None = None,
    going: Callable[[], bool] | None = None,
    **search: Any,
) -> ObjectPeriodogram:
    """Ask for the periodogram of an object: what `Sky.periodogram` does."""
    asked = {**search, "filter": list(filters), "as_of": iso_time(as_of)}
    path = f"/api/objects/{path_part(object_id)}/periodogram"
    return ObjectPeriodogram(
        transport.get(path, **asked) if going is None else transport.get_while(going, path, **asked)
    )
