"""The spectrum widget: what it takes, what it does to it, what it measures, what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import traitlets as t
from astropy import units as u
from astropy.table import QTable, Table
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.spectra import read_spectra
from skyhub.science.spectral_lines import line_species
from skyhub_widgets import Spectrum

WAVE = np.arange(4000.0, 9000.0, 2.0)
DEPTH, SIGMA, CENTRE = 0.4, 40.0, 6150.0
FLUX = 1e-16 * (1 - DEPTH * np.exp(-0.5 * ((WAVE - CENTRE) / SIGMA) ** 2))
ONE: dict[str, Any] = {"wavelengths": WAVE, "fluxes": FLUX, "instrument": "SPRAT", "observed_at": "2026-11-20T03:00:00"}


def floats(buffer: bytes) -> np.ndarray:
    return np.frombuffer(buffer, "<f4")


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"wavelength": [1.0, 2.0]}, "needs wavelengths and fluxes. Accepted names: wavelengths: wavelength,"),
        ({"wavelength": [1.0, 2.0], "flux": [1.0]}, "2 wavelengths and 1 fluxes"),
        ({"wavelength": [1.0], "flux": [1.0]}, "give two or more"),
        ({"wavelength": [2.0, 1.0], "flux": [1.0, 2.0]}, "sort the points"),
        ({"wavelength": [-1.0, 1.0], "flux": [1.0, 2.0]}, "must be positive"),
        (7, "needs wavelengths and fluxes"),
    ],
)
def test_what_is_no_spectrum_is_refused(given_: object, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Spectrum(given_)
    assert says in refused.value.message


@pytest.mark.parametrize(
    "traits",
    [
        {"species": ["Xx I"]}, {"frame": "moving"}, {"redshift": -1.0}, {"smoothing": "median"}, {"bin_width": -1.0},
        {"expansion_velocity": 3e5}, {"normalisation": "area"}, {"height": 10}, {"offset": -1.0},
    ],
)  # fmt: skip
def test_a_trait_that_makes_no_sense_is_refused(traits: dict[str, Any]) -> None:
    with pytest.raises(t.TraitError):
        Spectrum(ONE, **traits)


@pytest.mark.parametrize("name", ["region", "x_range"])
def test_a_range_has_two_ends_in_order(name: str) -> None:
    widget = Spectrum(ONE)
    for bad in ([5000.0], [6000.0, 5000.0], [1.0, 2.0, 3.0]):
        with pytest.raises(InvalidInput, match=f"{name} is"):
            setattr(widget, name, bad)


def test_bins_that_are_too_wide_are_said_and_what_was_drawn_stays() -> None:
    widget = Spectrum(ONE)
    before = widget.data
    widget.smoothing_width = 1e5
    widget.smoothing = "box"
    assert "choose fewer" in widget.trouble
    assert widget.data == before
    widget.smoothing = "none"
    assert widget.trouble == ""


@pytest.mark.parametrize(
    "table",
    [
        {"wavelength": WAVE, "flux": FLUX},
        Table({"wave": WAVE, "flux": FLUX}),
        QTable({"wavelength": WAVE / 10 * u.nm, "flux": FLUX * u.Unit("erg/s/cm2/AA")}),
        pl.DataFrame({"wavelength": WAVE, "flux": FLUX}),
        pl.DataFrame({"wavelength": WAVE, "flux": FLUX}).to_arrow(),
        pl.DataFrame({"wavelength": WAVE, "flux": FLUX}).to_pandas(),
    ],
)
def test_tables_of_all_sorts_are_taken(table: Any) -> None:
    [curve] = Spectrum(table).spectra
    np.testing.assert_allclose(curve.wavelengths, WAVE)
    np.testing.assert_allclose(curve.fluxes, FLUX)
    assert curve.label == "spectrum 1"


def test_spectra_with_one_name_are_told_apart() -> None:
    names = [curve.label for curve in Spectrum([ONE, ONE, {**ONE, "label": "host"}]).spectra]
    assert names == ["SPRAT, 2026-11-20", "SPRAT, 2026-11-20 (2)", "host"]


def test_fluxes_are_normalised_and_binned_for_the_browser() -> None:
    widget = Spectrum(ONE, normalisation="max", bin_width=100.0)
    [curve] = widget.data
    assert floats(curve["fluxes"]).max() == pytest.approx(1)
    np.testing.assert_allclose(np.diff(floats(curve["wavelengths"])), 100)
    widget.normalisation, widget.bin_width = "none", 0.0
    np.testing.assert_allclose(floats(widget.data[0]["fluxes"]), FLUX, rtol=1e-6)


def test_a_line_is_measured_in_the_spectrum_as_it_is_and_again_when_something_changes() -> None:
    widget = Spectrum({**ONE, "redshift": 0.01}, species=["Si II"], expansion_velocity=11000.0, smoothing="box")
    widget.region = [5950.0, 6350.0]
    found = widget.measurement
    assert found["equivalent_width"] == pytest.approx(DEPTH * SIGMA * np.sqrt(2 * np.pi), rel=2e-3)
    assert found["centroid"] == pytest.approx(CENTRE, abs=0.05)
    assert (found["line"], found["spectrum"], found["frame"]) == ("Si II 6347", "SPRAT, 2026-11-20", "observed")
    factor = CENTRE / (6347.11 * 1.01)
    assert found["velocity"] == pytest.approx(299792.458 * (factor**2 - 1) / (factor**2 + 1), abs=5)
    widget.line = "Si II 6371"
    assert widget.measurement["line"] == "Si II 6371"
    widget.frame, widget.region = "rest", [5950.0 / 1.01, 6350.0 / 1.01]
    assert widget.measurement["centroid"] == pytest.approx(CENTRE / 1.01, abs=0.05)
    assert widget.measurement["equivalent_width"] == pytest.approx(found["equivalent_width"] / 1.01, rel=1e-6)
    widget.region = []
    assert widget.measurement == {}


def test_what_cannot_be_measured_is_said() -> None:
    widget = Spectrum(ONE, region=[100.0, 200.0])
    assert "choose a region inside" in widget.measurement["error"]
    widget.hidden = ["SPRAT, 2026-11-20"]
    widget.region = [6000.0, 6300.0]
    assert "No spectrum is shown" in widget.measurement["error"]
    assert "No spectrum is shown" in Spectrum(region=[6000.0, 6300.0]).measurement["error"]


def test_new_spectra_bring_their_redshift_and_forget_what_belonged_to_the_old() -> None:
    widget = Spectrum(ONE, region=[6000.0, 6300.0], x_range=[5000.0, 7000.0], hidden=["x"])
    widget.spectra = [{**ONE, "redshift": 0.3, "medium": "vacuum"}]
    assert (widget.redshift, widget.medium, widget.region, widget.x_range, widget.hidden) == (0.3, "vacuum", [], [], [])
    assert widget.measurement == {}


@given(z=st.floats(0, 1), velocity=st.floats(-20000, 20000), name=st.sampled_from(line_species()))
def test_the_lines_of_the_figure_are_where_the_browser_draws_them(z: float, velocity: float, name: str) -> None:
    from skyhub.science.spectral_lines import spectral_lines
    from skyhub_widgets._spectral_marks import expected_wavelength

    line = spectral_lines(name)[0]
    observed = expected_wavelength(line, "air", "observed", z, velocity)
    assert observed == pytest.approx(expected_wavelength(line, "air", "rest", z, velocity) * (1 + z))
    if not line.moves:
        assert observed == line.air


def test_static_table_and_files_show_what_the_widget_shows() -> None:
    widget = Spectrum([ONE, {**ONE, "type": "host", "label": "<host>"}], species=["H I", "telluric"], show_errors=True)
    assert "Hα" in str(widget.static("svg"))
    assert str(widget.static("png")).startswith("<img")
    assert "&lt;host&gt;" in str(widget.table())
    read = Table.read(widget.export("ecsv").decode().splitlines(), format="ascii.ecsv")
    assert len(read) == 2 * len(WAVE)
    assert str(read["wavelength"].unit) == "Angstrom"
    np.testing.assert_allclose(read["flux"][: len(WAVE)], FLUX)
    assert widget.export("csv").splitlines()[0] == b"spectrum,wavelength,flux,error"
    assert widget.export("png").startswith(b"\x89PNG")
    with pytest.raises(InvalidInput, match="csv, ecsv, svg, png"):
        widget.export("pdf")
    assert "no spectrum" in str(Spectrum().static())


def test_the_browser_gets_the_file_that_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    widget = Spectrum(ONE)
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    widget._received(widget, {"type": "export", "format": "csv"}, [])
    widget._received(widget, {"type": "export", "format": "exe"}, [])
    [(message, [content])] = sent
    assert (message["name"], message["media_type"]) == ("spectra.csv", "text/csv")
    assert content == widget.export("csv")


def test_as_holoviews_has_a_curve_for_each_spectrum() -> None:
    overlay = Spectrum([ONE, {**ONE, "label": "second"}], offset=2.0).as_holoviews()
    assert [curve.label for curve in overlay] == ["SPRAT, 2026-11-20", "second"]
    assert overlay.get(0).dimension_values(1).min() > overlay.get(1).dimension_values(1).max()


def test_every_type_of_supernova_of_the_shared_spectra_is_displayed(shared: Path) -> None:
    import csv

    rows = list(csv.DictReader((shared / "spectra" / "index.csv").open()))
    by_type = {row["type"]: row for row in rows if row["file"].startswith("wiserep/")}
    assert len(by_type) == 22
    spectra = []
    for kind, row in by_type.items():
        [parsed] = read_spectra((shared / "spectra" / row["file"]).read_bytes())
        spectra.append({"wavelength": parsed.wavelengths, "flux": parsed.fluxes, "error": parsed.errors, "label": kind})
    widget = Spectrum([{k: v for k, v in one.items() if v is not None} for one in spectra], offset=0.5)
    assert [curve["label"] for curve in widget.data] == list(by_type)
    assert all(np.isfinite(floats(curve["fluxes"])).all() for curve in widget.data)
    assert all(abs(np.median(np.abs(floats(curve["fluxes"]))) - 1) < 1e-3 for curve in widget.data)
    drawn = str(widget.static("svg"))
    assert all(kind in drawn for kind in by_type)


OVER = {"wavelengths": [5000.0, 7000.0], "fluxes": [1e-16, 1e-16], "label": "template"}


@pytest.mark.parametrize(
    ("given_", "says"),
    [({**OVER, "over": "elsewhere"}, "lies over 'elsewhere'"), ({"label": "x"}, "needs wavelengths and fluxes")],
)
def test_what_cannot_lie_over_a_spectrum_is_refused(given_: dict[str, Any], says: str) -> None:
    widget = Spectrum(ONE)
    with pytest.raises(InvalidInput, match=says):
        widget.overlays = [given_]
    assert widget.overlays == []


def test_what_lies_over_a_spectrum_shares_its_scale_and_its_place() -> None:
    widget = Spectrum([ONE, {**ONE, "fluxes": 3 * FLUX, "label": "second"}], smoothing="box")
    widget.overlays = [{**OVER, "over": "second"}]
    spectrum, laid = widget.data[1], widget.data[2]
    assert (laid["over"], laid["type"], laid["frame"]) == ("second", "template", "observed")
    assert floats(laid["fluxes"])[0] / floats(spectrum["fluxes"]).max() == pytest.approx(1 / 3, rel=1e-3)
    assert widget.bases() == {"SPRAT, 2026-11-20": 1.0, "second": 0.0}
    assert len(widget.figure().axes[0].lines) == 3
    assert len(widget.as_holoviews()) == 3
    assert b"template" not in widget.export("csv"), "files have the spectra as they are"
    widget.hidden = ["second"]
    assert [curve.label for curve in widget.shown()] == ["SPRAT, 2026-11-20"]
    widget.spectra = ONE
    assert widget.overlays == []
    assert len(widget.data) == 1
