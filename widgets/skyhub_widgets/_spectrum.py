"""The spectrum widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets as t
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.science.line_measurement import line_velocity, measured_line
from skyhub.science.smoothing import SMOOTHINGS
from skyhub.science.spectral_lines import line_species

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._curves import Curve, curves_from, overlays_over, pack_curves, treated_curves
from skyhub_widgets._figure import figure_html
from skyhub_widgets._spectral_marks import LINE_LISTS, line_by_label, nearest_line
from skyhub_widgets._spectrum_files import FORMATS, holoviews_of, spectra_file, spectrum_figure
from skyhub_widgets._static import StaticHtml, html_table, text_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Spectrum"]

_TREATMENT = ["smoothing", "smoothing_width", "bin_width", "normalisation"]
_MEASUREMENT = ["region", "measured", "frame", "redshift", "expansion_velocity", "species", "line"]


class Spectrum(SkyhubWidget):
    """Spectra of one object against wavelength, with lines to compare and to measure.

    Parameters
    ----------
    spectra
        One or several: spectra of the client (``sky.spectra.get(12)``), or mappings or tables with ``wavelength`` (Å),
        ``flux`` and perhaps ``error``.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    spectra
        What is shown; assigning new ones redraws.
    overlays
        Curves laid over spectra, such as templates: mappings with ``label``, ``wavelengths`` (Å), ``fluxes`` (in the
        spectrum's frame and unit) and ``over``, the label of the spectrum. New spectra remove them.
    hidden
        Labels of spectra that are switched off.
    normalisation
        Fluxes are divided by their ``median`` or ``max``, or not (``none``).
    offset
        How far apart spectra are drawn, in units of the flux that is shown.
    smoothing, smoothing_width
        ``none``, ``box`` or ``savitzky-golay`` (width in points), ``gaussian`` (full width at half maximum, km/s).
    bin_width
        Width of the bins (Å), 0 for those of the spectra.
    frame
        ``observed`` or ``rest``.
    redshift
        Of the object; shifts lines, and spectra in the rest frame.
    expansion_velocity
        Shifts lines to the blue (km/s).
    species
        Species whose lines are shown, as ``H I`` or ``telluric``.
    medium
        ``air`` or ``vacuum``, in which lines are drawn; vacuum if all spectra say so.
    x_range
        Wavelengths that are shown, from and to (Å); empty for all.
    colour_by
        ``spectrum``, ``instrument`` or ``type``.
    show_errors
        Whether errors are drawn, where they are known.
    region
        From where to where a line is measured (Å, in the frame that is shown); empty for none.
    measured
        Label of the spectrum that is measured; empty for the first that is shown.
    line
        Label of the line against which velocities are measured; empty for the nearest of those shown.
    measurement
        What was found, or ``{"error": …}``; empty if nothing is measured.
    height
        Height of the plot (CSS pixels).
    """

    module = "spectrum"
    user_api: ClassVar[list[str]] = [
        "spectra", "overlays", "hidden", "normalisation", "offset", "smoothing", "smoothing_width", "bin_width", "frame",
        "redshift", "expansion_velocity", "species", "medium", "x_range", "colour_by", "show_errors", "region", "measured", "line",
        "measurement", "height", "figure", "static", "table", "export", "as_holoviews", "observe", "close",
    ]  # fmt: skip

    data = t.List(t.Dict()).tag(sync=True)
    line_lists = t.List(t.Dict(), default_value=LINE_LISTS).tag(sync=True)
    hidden = t.List(t.Unicode()).tag(sync=True)
    normalisation = t.Enum(["median", "max", "none"], default_value="median").tag(sync=True)
    offset = t.Float(1.0, min=0).tag(sync=True)
    smoothing = t.Enum(["none", *SMOOTHINGS], default_value="none").tag(sync=True)
    smoothing_width = t.Float(9.0, min=0).tag(sync=True)
    bin_width = t.Float(0.0, min=0).tag(sync=True)
    frame = t.Enum(["observed", "rest"], default_value="observed").tag(sync=True)
    redshift = t.Float(0.0, min=-0.5, max=20).tag(sync=True)
    expansion_velocity = t.Float(0.0, min=-100_000, max=100_000).tag(sync=True)
    species = t.List(t.Enum(line_species())).tag(sync=True)
    medium = t.Enum(["air", "vacuum"], default_value="air").tag(sync=True)
    x_range = t.List(t.Float()).tag(sync=True)
    colour_by = t.Enum(["spectrum", "instrument", "type"], default_value="spectrum").tag(sync=True)
    show_errors = t.Bool(False).tag(sync=True)
    region = t.List(t.Float()).tag(sync=True)
    measured = t.Unicode().tag(sync=True)
    line = t.Unicode().tag(sync=True)
    measurement = t.Dict().tag(sync=True)
    trouble = t.Unicode().tag(sync=True)
    height = t.Int(380, min=160).tag(sync=True)

    def __init__(self, spectra: object = None, **traits: Any) -> None:
        self._curves, self._overlays = curves_from(spectra), list[Curve]()
        super().__init__(**{**self._of_curves(), **traits})
        self.on_msg(self._received)
        self.observe(self._treat, _TREATMENT)
        self.observe(self._measure, _MEASUREMENT)
        self._treat()
        self._measure()

    @property
    def spectra(self) -> list[Curve]:
        """What is shown."""
        return list(self._curves)

    @spectra.setter
    def spectra(self, spectra: object) -> None:
        self._curves, self._overlays = curves_from(spectra), []
        with self.hold_sync():
            self.region, self.hidden, self.x_range, self.measured = [], [], [], ""
            for name, value in self._of_curves().items():
                setattr(self, name, value)
            self._treat()

    @property
    def overlays(self) -> list[Curve]:
        """What is laid over the spectra."""
        return list(self._overlays)

    @overlays.setter
    def overlays(self, overlays: Sequence[Mapping[str, Any]]) -> None:
        self._overlays = overlays_over(overlays, self._curves)
        self._treat()

    def _of_curves(self) -> dict[str, Any]:
        """What the spectra themselves say of redshift and medium."""
        redshifts = [curve.redshift for curve in self._curves if curve.redshift is not None]
        media = {curve.medium for curve in self._curves}
        return {"redshift": redshifts[0] if redshifts else 0.0, "medium": "vacuum" if media == {"vacuum"} else "air"}

    @t.validate("region", "x_range")
    def _check_range(self, proposal: dict[str, Any]) -> list[float]:
        given: list[float] = proposal["value"]
        if given and not (len(given) == 2 and given[0] < given[1]):
            name = proposal["trait"].name
            raise InvalidInput(f"{name} is {given}: from and to (Å) are permitted, or nothing.", where=name)
        return given

    def shown(self) -> list[Curve]:
        """The spectra that are switched on, in bins, smoothed and normalised as they are drawn, and what lies over them."""
        visible = [c for c in self._curves if c.label not in self.hidden]
        laid = [c for c in self._overlays if not {c.label, c.over} & set(self.hidden)]
        return treated_curves([*visible, *laid], *self._treatment())

    def bases(self) -> dict[str, float]:
        """How far up each shown spectrum is drawn, by its label, in units of the flux that is shown."""
        names = [curve.label for curve in self._curves if curve.label not in self.hidden]
        return {name: (len(names) - 1 - at) * self.offset for at, name in enumerate(names)}

    def _treatment(self) -> tuple[str, str, float, float]:
        return self.normalisation, self.smoothing, self.smoothing_width, self.bin_width

    def figure(self, width: float = 8.0, height: float = 4.0) -> Figure:
        """What is shown as a matplotlib figure; size in inches."""
        return spectrum_figure(self, width, height)

    def static(self, format: str = "svg") -> StaticHtml:
        """What is shown, for a report, as inline ``svg`` or ``png``."""
        names = "; ".join(curve.label for curve in self.shown()) or "none"
        return figure_html(self.figure(), format, f"Spectra: {names}")

    def table(self) -> StaticHtml:
        """The spectra as an HTML table: for reports and for screen readers."""
        head = ["spectrum", "instrument", "observed (UTC)", "type", "from (Å)", "to (Å)", "points", "flux unit"]
        rows = (
            [
                curve.label, curve.instrument, curve.observed_at[:16].replace("T", " "), curve.type,
                text_of(float(curve.wavelengths[0]), 1), text_of(float(curve.wavelengths[-1]), 1),
                str(len(curve.wavelengths)), curve.flux_unit or "relative",
            ]
            for curve in self._curves
        )  # fmt: skip
        return StaticHtml(html_table(head, rows))

    def export(self, format: str = "csv") -> bytes:
        """A file: ``csv`` or ``ecsv`` of the spectra as they are, ``svg`` or ``png`` of what is shown."""
        return spectra_file(self, format)

    def as_holoviews(self) -> Any:
        """What is shown as a HoloViews overlay; HoloViews is imported when this is called."""
        return holoviews_of(self)

    def _treat(self, change: object = None) -> None:
        try:
            self.data = pack_curves(treated_curves([*self._curves, *self._overlays], *self._treatment()))
            self.trouble = ""
        except InvalidInput as error:
            self.trouble = error.message

    def _measure(self, change: object = None) -> None:
        if not self.region:
            self.measurement = {}
            return
        try:
            self.measurement = self._measured()
        except SkyhubError as error:
            self.measurement = {"error": error.message}

    def _measured(self) -> dict[str, Any]:
        visible = [curve for curve in self._curves if curve.label not in self.hidden]
        curve = next((one for one in visible if one.label == self.measured), visible[0] if visible else None)
        if curve is None:
            raise InvalidInput("No spectrum is shown: switch one on to measure it.", where="measured")
        low, high = self.region
        wave = curve.wavelengths * curve.factor(self.frame, self.redshift)
        found = measured_line(wave, curve.fluxes, curve.errors, (low, high))
        answer: dict[str, Any] = {**asdict(found), "spectrum": curve.label, "frame": self.frame}
        return answer | self._velocity(curve, found.centroid, found.centroid_error)

    def _velocity(self, curve: Curve, centroid: float, error: float) -> dict[str, Any]:
        medium = curve.medium or self.medium
        line = line_by_label(self.line) or nearest_line(
            centroid, self.species, medium, self.frame, self.redshift, self.expansion_velocity
        )
        if line is None or not line.moves:
            return {}
        redshift = self.redshift if self.frame == "observed" else 0.0
        velocity, velocity_error = line_velocity(centroid, error, line.wavelength(medium), redshift)
        return {"line": line.label, "velocity": velocity, "velocity_error": velocity_error}

    def _received(self, widget: object, content: dict[str, Any], buffers: Sequence[object]) -> None:
        form = str(content.get("format"))
        if content.get("type") != "export" or form not in FORMATS:
            return
        try:
            message = {"type": "exported", "name": f"spectra.{form}", "media_type": FORMATS[form]}
            self.send(message, [self.export(form)])
        except SkyhubError as error:
            self._post({"type": "refused", "message": error.message})
