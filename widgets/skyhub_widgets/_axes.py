"""The axes of a light curve: what is plotted against what, for figures, tables and other plots than the browser's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skyhub.errors import InvalidInput
from skyhub.science.periodograms import phase_of

from skyhub_widgets._photometry import Floats, Photometry

__all__ = ["X_AXES", "Y_AXES", "LightCurveAxes"]

X_AXES = ("mjd", "utc", "days_ago", "days", "rest_days", "phase")
Y_AXES = ("mag", "flux", "absmag")
_Y_LABELS = {"mag": "AB magnitude", "flux": "flux (µJy)", "absmag": "absolute AB magnitude"}
_NEEDS = {"rest_days": "redshift", "phase": "period", "absmag": "distance_modulus"}
_MJD_OF_UNIX_EPOCH = 40587
_MS_PER_DAY = 86_400_000


@dataclass(frozen=True)
class LightCurveAxes:
    """What is plotted against what.

    Raises
    ------
    InvalidInput
        If an axis is not known, or what it needs is not given.
    """

    y: str = "mag"
    """``mag``, ``flux`` or ``absmag``: magnitude minus distance modulus, without a K correction."""
    x: str = "mjd"
    """``mjd``, ``utc``, ``days_ago``, ``days`` (since t0), ``rest_days`` or ``phase``."""
    t0: float = 0.0
    """Zero of the days (MJD)."""
    now: float = 0.0
    """From when days are counted back (MJD)."""
    redshift: float | None = None
    distance_modulus: float | None = None
    period: float | None = None
    """Days."""
    epoch: float = 0.0
    """Where phases begin (MJD)."""
    cycles: int = 2
    """How often the phases are shown."""

    def __post_init__(self) -> None:
        for name, given, permitted in (("x_axis", self.x, X_AXES), ("y_axis", self.y, Y_AXES)):
            if given not in permitted:
                raise InvalidInput(f"{name} is {given!r}: {', '.join(permitted)} are permitted.", where=name)
            needed = _NEEDS.get(given)
            if needed and getattr(self, needed) is None:
                raise InvalidInput(f"{name} is {given!r}, which needs {needed}: give it first.", where=needed)

    @property
    def is_bright_down(self) -> bool:
        """Whether smaller values are brighter."""
        return self.y != "flux"

    @property
    def x_label(self) -> str:
        """The title of the time axis."""
        since = f"since MJD {self.t0:.2f}"
        return {
            "mjd": "MJD (UTC)",
            "utc": "UT date",
            "days_ago": f"days before MJD {self.now:.2f}",
            "days": f"days {since}",
            "rest_days": f"rest-frame days {since} (z = {self.redshift})",
            "phase": f"phase (period {self.period} d, epoch MJD {self.epoch:.4f})",
        }[self.x]

    @property
    def y_label(self) -> str:
        """The title of the brightness axis."""
        return _Y_LABELS[self.y]

    def times(self, mjd: Floats) -> Floats:
        """Where times (MJD) lie along the axis; as ``datetime64`` for ``utc``, phases once each, shape of the times."""
        if self.x == "utc":
            milliseconds = np.round((mjd - _MJD_OF_UNIX_EPOCH) * _MS_PER_DAY)
            return milliseconds.astype("datetime64[ms]")  # type: ignore[return-value]
        if self.x == "days_ago":
            return self.now - mjd
        if self.x == "phase":
            assert self.period is not None
            return phase_of(mjd, self.period, self.epoch)
        stretch = 1.0 + self.redshift if self.x == "rest_days" and self.redshift is not None else 1.0
        return (mjd - self.t0) / stretch if self.x in ("days", "rest_days") else mjd

    def values(self, points: Photometry) -> tuple[Floats, Floats, Floats]:
        """Brightness, its error and the limit of each point on the axis; NaN where there is none."""
        if self.y == "flux":
            return points["flux"], points["fluxerr"], np.full(len(points["flux"]), np.nan)
        shift = self.distance_modulus if self.y == "absmag" and self.distance_modulus is not None else 0.0
        limit = np.where(np.isnan(points["mag"]), points["limiting_mag"], np.nan)
        return points["mag"] - shift, points["magerr"], limit - shift

    def shown_cycles(self, x: Floats) -> list[Floats]:
        """The places along the axis of each cycle that is shown: one, or several of a folded light curve."""
        return [x + cycle for cycle in range(self.cycles)] if self.x == "phase" else [x]
