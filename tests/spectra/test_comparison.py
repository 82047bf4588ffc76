"""Stored spectra compared with templates: made ones, and the classified spectra that the caller may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from skyhub.client import Sky
from skyhub.db import ROLES, Viewer
from skyhub.errors import InvalidInput, NotFound
from support.services import Served

VERA = Viewer("vera", frozenset({"transients", "bursts"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
WAVE = np.arange(3600.0, 9200.0, 4.0)
OURS = {"groups": ["transients"]}
ALL = {"groups": ["transients", "bursts"]}


def spectrum_at(redshift: float) -> dict[str, list[float]]:
    random = np.random.default_rng(5)
    at, depth = random.uniform(3000, 9500, 24), random.uniform(-0.5, 0.5, 24)
    rest = WAVE / (1 + redshift)
    lines = (depth * np.exp(-0.5 * ((rest[:, None] / at - 1) / 0.012) ** 2)).sum(axis=1)
    return {"wavelength": WAVE.tolist(), "flux": (1e-15 * (1 + np.clip(lines, -0.9, 2))).tolist()}


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as sky:
        yield sky


def stored(sky: Sky, object_id: str, redshift: float, **said: Any) -> str:
    said = {"observed_at": datetime(2026, 11, 20, 3, tzinfo=UTC), "instrument": "SPRAT", **said}
    answer = sky.spectra.upload(spectrum_at(redshift), object_id=object_id, flux_unit="erg/s/cm2/AA", **said)
    return str(answer["spectra"][0]["spectrum_id"])


def test_what_cannot_be_compared_is_refused(served: Served, vera: Sky) -> None:
    short = vera.spectra.upload(
        b"4000 1\n4100 2\n", object_id="ZTF26public", observed_at=datetime(2026, 11, 20, tzinfo=UTC)
    )
    with pytest.raises(InvalidInput, match="covers 4000 to 4100"):
        vera.spectra.compare(short["spectra"][0]["spectrum_id"])
    number = stored(vera, "ZTF26public", 0.1, **OURS)
    with pytest.raises(InvalidInput, match="from and to"):
        vera.spectra.compare(number, redshifts=(0.3, 0.1))
    with pytest.raises(NotFound):
        vera.spectra.compare(99999)
    with served.sky(STRANGER) as stranger, pytest.raises(NotFound):
        stranger.spectra.compare(number)
    assert served.get(f"/api/spectra/{number}/matches").status_code == 401


def test_a_classified_spectrum_of_another_object_is_a_template_for_who_may_see_it_all(
    served: Served, vera: Sky
) -> None:
    asked, known = stored(vera, "ZTF26public", 0.2, **ALL), stored(vera, "ZTF26faint", 0.05, **ALL)
    assert known not in {row["spectrum_id"] for row in vera.spectra.compare(asked).matches.to_rows()}
    vera.redshifts.add(object_id="ZTF26faint", redshift=0.05, type="spectroscopic", **ALL)
    before = datetime.now(UTC)
    vera.classifications.add(object_id="ZTF26faint", classification="Ib", **OURS)
    found = vera.spectra.compare(asked)
    best = found.document["matches"][0]
    assert (best["spectrum_id"], best["type"], best["good"]) == (known, "SN Ib", True)
    assert best["redshift"] == pytest.approx(0.2, abs=2e-3)
    assert found.types.to_rows()[0]["type"] == "SN Ib"
    assert "SN Ib at z = 0.2" in repr(found)
    drawn = found.curves[0]
    assert np.interp(6000, drawn["wavelengths"], drawn["fluxes"]) == pytest.approx(
        np.interp(6000, WAVE, spectrum_at(0.2)["flux"]), rel=0.1
    )
    own = {row["spectrum_id"] for row in vera.spectra.compare(known).matches.to_rows()}
    assert not own & {known, asked}, "an object is no template of itself, and one without a class is none"
    earlier = vera.spectra.compare(asked, as_of=before)
    assert earlier.document["n_templates"] == found.document["n_templates"] - 1
    with served.sky(STRANGER) as stranger:
        theirs = stranger.spectra.compare(asked)
    assert known not in {row["spectrum_id"] for row in theirs.matches.to_rows()}, "the class is not for them"


def test_all_templates_are_compared_though_few_are_kept_in_memory(
    served: Served, vera: Sky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyhub.spectra._templates._MOST_KEPT", 1)
    asked = stored(vera, "ZTF26public", 0.2, **ALL)
    for redshift, instrument in ((0.05, "SPRAT"), (0.06, "DIS")):
        stored(vera, "ZTF26faint", redshift, instrument=instrument, **ALL)
    before = vera.spectra.compare(asked).document["n_templates"]
    vera.redshifts.add(object_id="ZTF26faint", redshift=0.05, type="spectroscopic", **ALL)
    vera.classifications.add(object_id="ZTF26faint", classification="Ib", **OURS)
    for _ in range(2):
        found = vera.spectra.compare(asked, limit=100).document
        assert found["n_templates"] == before + 2
