"""What the client measures in a stored spectrum: lines, bins and magnitudes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.client import Sky, Spectrum
from skyhub.db import ROLES, Viewer
from skyhub.errors import InvalidInput
from support.services import Served

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
WAVE = np.arange(3000.0, 10000.0, 2.0)
DEPTH, SIGMA, CENTRE, REDSHIFT = 0.4, 40.0, 6200.0, 0.01


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as sky:
        yield sky


def stored(sky: Sky, **said: Any) -> Spectrum:
    flux = 1e-15 * (1 - DEPTH * np.exp(-0.5 * ((WAVE - CENTRE) / SIGMA) ** 2))
    table = {"wavelength": WAVE, "flux": flux, "error": np.full(len(WAVE), 1e-17)}
    known = {"object_id": "ZTF26public", "observed_at": datetime(2026, 11, 20, 3, tzinfo=UTC)}
    unit = {"flux_unit": "erg/s/cm2/Angstrom", "redshift": REDSHIFT}
    answer = sky.spectra.upload(table, **{**known, **unit, **said})
    return sky.spectra.get(answer["spectra"][0]["spectrum_id"])


def test_relative_fluxes_and_unknown_redshifts_are_refused(vera: Sky) -> None:
    spectrum = stored(vera, flux_unit=None, redshift=None)
    with pytest.raises(InvalidInput, match="relative"):
        spectrum.synthetic_photometry(["ztfr"])
    with pytest.raises(InvalidInput, match="no redshift"):
        spectrum.measure_line(6000, 6400, rest_wavelength=6355)
    assert "velocity" not in spectrum.measure_line(6000, 6400)


def test_a_line_of_a_stored_spectrum_has_its_closed_form(vera: Sky) -> None:
    found = stored(vera).measure_line(6000, 6400, rest_wavelength=6355.0)
    assert found["equivalent_width"] == pytest.approx(DEPTH * SIGMA * np.sqrt(2 * np.pi), rel=1e-3)
    assert found["centroid"] == pytest.approx(CENTRE, abs=0.01)
    factor = CENTRE / (6355.0 * (1 + REDSHIFT))
    assert found["velocity"] == pytest.approx(299792.458 * (factor**2 - 1) / (factor**2 + 1), abs=1)
    assert 0 < found["velocity_error"] < 100
    assert found["errors_from"] == "spectrum"


def test_bins_and_magnitudes_of_a_stored_spectrum(vera: Sky, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_SNCOSMO_DIR", str(shared / "sncosmo"))
    spectrum = stored(vera)
    assert len(spectrum.rebin(width=100).fluxes) == 70
    [row] = spectrum.synthetic_photometry(["ztfr"]).to_rows()
    assert row["filter"] == "ztfr"
    assert 16 < row["mag"] < 16.2
    assert row["fluxerr"] > 0
