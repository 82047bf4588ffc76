"""Drafts of circulars from real events: every number follows from what is stored, and the linter finds no error."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyhub.circulars import lint, parse_references, read_circular
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import InvalidInput
from skyhub.reports import report_template
from skyhub.scheduler._execute import execute_report
from support.catalogs import near_public
from support.houses import SCANNER, candidates_of
from support.notices import burst
from support.services import Served

AUTHORS = "A. Author (Institute); L. Kovács (Ondřejov)"


@pytest.mark.parametrize("text", ["A. Author", "33816", "A. Author et al. soon"])
def test_references_without_authors_or_number_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="cites no circular"):
        parse_references(text)


def _run(served: Served, report: str = "gcn_circular_candidates", **given: Any) -> Any:
    template = report_template(report)
    now = datetime.now(UTC)
    reader = Viewer("author", frozenset({"transients"}))
    claim = {
        "report_id": "draft",
        "parameters": template.sidecar.values({"authors": AUTHORS, **given}, now),
        "requested_by": "author",
        "rights": ["transients"],
        "token": served.token_of(reader),
        "data_version": 1,
        "reads_at": now.isoformat(),
        "timeout": 300,
    }
    return execute_report(template, claim, served.url)


def test_an_event_that_is_unknown_fails(served: Served) -> None:
    assert "there is no event" in _run(served, event="S999999zz").detail
    assert "there is no event" in _run(served).detail


def test_nothing_young_lies_in_a_real_map_and_that_is_said(served: Served, shared: Path) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(shared / "gcn" / "lvk_json" / "S230518h_Update.json")
    execution = _run(served, event="S230518h", references="LIGO/Virgo/KAGRA Collaborations 33816")
    assert execution.state == "done", execution.detail
    facts, text = json.loads(execution.artifacts["facts"]), execution.artifacts["text"]
    assert facts["localization"]["area"] == pytest.approx(665.97, abs=0.01)
    assert (facts["candidates"], facts["rejected"], facts["lint"]) == ([], [], [])
    assert "SUBJECT: LIGO/Virgo/KAGRA S230518h: no candidate counterparts" in text
    assert "90% credible region (666 deg2)" in " ".join(text.split())
    assert lint(read_circular(text.encode())) == []


def test_young_objects_of_the_region_are_candidates_unless_they_were_rejected(served: Served) -> None:
    time = datetime(2026, 11, 1, tzinfo=UTC)
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(burst(ra=150.0, dec=2.5, radius=1.0, time=time.isoformat().removesuffix("+00:00")))
    choices = {"sources": "ZTF26public", "instruments": "ZTF", "columns": "mjd, filter, magnitude, instrument"}
    latest = _run(served, authors="", n_days=40, **choices)
    assert latest.state == "done", latest.detail
    assert "author reports:" in latest.artifacts["text"]
    assert "MJD (UTC)   | Filter | Magnitude (AB) | Instrument" in latest.artifacts["text"]
    told = json.loads(latest.artifacts["facts"])
    assert [c["object_id"] for c in told["candidates"]] == ["ZTF26public"]
    assert told["lint"] == []
    with served.sky(ADMINISTRATOR) as sky:
        for kind, redshift in (("spectroscopic", 0.11), ("photometric", 0.5)):
            sky.redshifts.add(object_id="ZTF26public", redshift=redshift, type=kind, groups=["transients"])
    given = {"event": time.isoformat().removesuffix("+00:00"), "n_days": 40}
    execution = _run(served, **given)
    assert execution.state == "done", execution.detail
    facts, text = json.loads(execution.artifacts["facts"]), execution.artifacts["text"]
    assert facts["candidates"]
    assert "SUBJECT: Swift trigger 1234567: " in text
    assert [c["redshift"] for c in facts["candidates"] if c["object_id"] == "ZTF26public"] == [0.11]
    for candidate in facts["candidates"]:
        assert candidate["level"] <= 0.9
        assert candidate["object_id"] in text
    with served.sky(SCANNER) as sky:
        for name, query in facts["queries"].items():
            rows = sky.sql(query["sql"], query["parameters"]).to_rows()
            assert len(rows) >= len(facts["candidates" if name == "objects" else name])
    assert [found for found in facts["lint"] if found["severity"] == "error"] == []
    first = "ZTF26public"
    candidate_id = candidates_of(served.db, SCANNER)[first]
    with served.sky(SCANNER) as sky:
        sky.candidates.decide("a-key", str(candidate_id), "reject")
    again = json.loads(_run(served, **given).artifacts["facts"])
    assert again["rejected"] == [first]
    assert len(again["candidates"]) == len(facts["candidates"]) - 1
    with served.sky(SCANNER) as sky:
        sky.events.hold(given["event"], first, "rejected", reason="dwarf nova", circular=34753)
    held = _run(served, **given)
    told = json.loads(held.artifacts["facts"])
    assert [(row["object_id"], row["reason"]) for row in told["held"]] == [(first, "dwarf nova")]
    assert f"rejected: {first} (dwarf nova; GCN Circ. 34753)." in " ".join(held.artifacts["text"].split())
    with served.sky(SCANNER) as sky:
        sky.events.hold(given["event"], first, "ambiguous")
    assert json.loads(_run(served, **given).artifacts["facts"])["rejected"] == []


def test_limits_of_an_object_are_those_that_are_stored(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(burst(ra=150.0, dec=2.5, radius=1.0, time="2026-11-01T00:00:00"))
        [stored] = sky.sql(
            "SELECT filter, limiting_mag FROM photometry WHERE object_id = 'ZTF26public' AND mag IS NULL"
        ).to_rows()
        others = {"mjd": [61347.1, 61347.2], "filter": ["sdssi"] * 2, "mag": [18.0, None], "magerr": [0.1, None]}
        cited = {"object_id": "ZTF26public", "origin": "GCN Circ. 34999", "groups": ["transients"]}
        sky.upload_photometry({**others, "limiting_mag": [None, 23.0]}, **cited)
    name = "gcn_circular_upper_limits"
    assert "there is no object 'ZTF26caltech'" in _run(served, name, object_id="ZTF26caltech").detail
    assert "one at least is needed" in _run(served, name, object_id="ZTF26public", n_days=1).detail
    execution = _run(served, name, object_id="ZTF26public", n_days=40)
    assert execution.state == "done", execution.detail
    facts, text = json.loads(execution.artifacts["facts"]), " ".join(execution.artifacts["text"].split())
    assert [(one["filter"], one["limiting_mag"]) for one in facts["limits"]] == [
        (stored["filter"], pytest.approx(stored["limiting_mag"], abs=1e-3))
    ]
    assert facts["place"]["level"] <= 0.9
    assert {one["filter"] for one in facts["detections"]} == {"ztfr"}
    assert "SUBJECT: Swift trigger 1234567: detections and upper limits of ZTF26public" in text
    assert f"It was detected {'two' if len(facts['detections']) == 2 else len(facts['detections'])} times" in text
    assert f"It is {stored['filter']} > {stored['limiting_mag']:.2f} mag (AB, 5 sigma)" in text
    assert facts["lint"] == []


def test_a_summary_tells_what_objects_are_held_for(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(burst(ra=150.0, dec=2.5, radius=1.0, time="2026-11-01T00:00:00"))
    given = {"objects": "all", "n_days": 40}
    first = _run(served, "event_summary", **given)
    assert first.state == "done", first.detail
    facts = json.loads(first.artifacts["facts"])
    assert facts["sources"]
    assert {one["status"] for one in facts["sources"]} == {None}
    assert "### Photometry of ZTF26public" in first.artifacts["text"]
    with served.sky(SCANNER) as sky:
        sky.events.hold(facts["event"], "ZTF26public", "rejected", reason="moves")
    named = ", ".join(one["object_id"] for one in facts["sources"])
    given |= {"number": 34567, "columns": "mjd, magnitude", "sources": named}
    again = _run(served, "event_summary", **given).artifacts["text"]
    assert "NUMBER: 34567" in again
    assert ", 1 of which has been rejected." in " ".join(again.split())
    assert "| rejected | moves |" in again
    assert "### Photometry of ZTF26public" not in again
    assert [f for f in lint(read_circular(again.encode())) if f.severity == "error"] == []


def test_observations_are_those_that_were_executed(served: Served) -> None:
    time = datetime(2026, 11, 1, tzinfo=UTC)
    name, given = "gcn_circular_observations", {"event": "2026-11-01T00:00:00", "authors": "@transients"}
    with served.sky(ADMINISTRATOR) as sky:
        sky.circular_authors.add(name="V. Rubin", affiliation="Carnegie", groups=["transients"])
        sky.events.ingest(burst(ra=150.0, dec=2.5, radius=1.0, time="2026-11-01T00:00:00"))
        sky.instruments.set_fields("ZTF", [{"field_id": 1, "ra": 150.0, "dec": 2.5}], "box(0, 0, 1, 1, 0)")
        assert "Bring a log in, or take a longer time." in _run(served, name, **given).detail
        log = {
            "field_id": [1, 1, 1],
            "obstime": [(time + timedelta(hours=h)).isoformat().removesuffix("+00:00") for h in (12, 24, 240)],
            "filter": ["r", "g", "r"],
            "exptime": [30.0, 40.0, 30.0],
            "limmag": [20.5, 21.25, 19.0],
        }
        sky.observations.add(log, "ZTF", ["transients"])
    execution = _run(served, name, **given)
    assert execution.state == "done", execution.detail
    facts, text = json.loads(execution.artifacts["facts"]), " ".join(execution.artifacts["text"].split())
    assert [(b["filter"], b["n_images"], b["exposure_s"], b["depth"]) for b in facts["bands"]] == [
        ("ztfg", 1, 40.0, 21.25),
        ("ztfr", 1, 30.0, 20.5),
    ]
    assert facts["coverage"]["area"] == pytest.approx(1.0, rel=0.01)
    assert 0.2 < facts["coverage"]["probability"] < 0.9
    assert "SUBJECT: Swift trigger 1234567: observations with ZTF" in text
    assert "V. Rubin (Carnegie) reports:" in text
    assert "we took two images with ZTF at one pointing, with a total exposure time of 70 s" in text
    assert f"{facts['coverage']['probability']:.1%} of the probability was covered at least twice." in text
    assert facts["lint"] == []


def test_a_classification_is_what_is_stored_of_spectra(served: Served) -> None:
    name, given = "gcn_circular_classification", {"object_id": "ZTF26public", "event": "2026-11-01T00:00:00"}
    mine = {"object_id": "ZTF26public", "groups": ["transients"]}
    near_public(served.db)
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(burst(ra=150.0, dec=2.5, radius=1.0, time="2026-11-01T00:00:00"))
        assert "there is no spectrum of ZTF26public" in _run(served, name, **given).detail
        known = {"observed_at": datetime(2026, 11, 2, 12, tzinfo=UTC), "instrument": "DBSP", "exposure": 900.0}
        sky.spectra.upload({"wavelength": [4000.0, 5000.0, 9000.0], "flux": [1.0, 2.0, 1.0]}, **mine, **known)
        sky.classifications.add(**mine, classification="SN Ia", probability=0.95, origin="SNID")
        sky.redshifts.add(**mine, redshift=0.11, error=0.001, type="spectroscopic")
        sky.context.match(["ZTF26public"])
        sky.circular_authors.add(name="V. Rubin", affiliation="Carnegie", groups=["transients"])
    assert "where no spectrum reaches" in _run(served, name, **given, lines="Ly-alpha 1215.67").detail
    told = {"lines": "Ca II K 3933.66", "matches": "SN 2011fe at 3 days", "authors": "@transients; L. Kovács"}
    execution = _run(served, name, **given, **told)
    assert execution.state == "done", execution.detail
    facts, text = json.loads(execution.artifacts["facts"]), " ".join(execution.artifacts["text"].split())
    assert (facts["redshift"]["redshift"], len(facts["spectra"])) == (0.11, 1)
    assert "Its host is probably Host (my galaxy), 3.0 arcsec away, which has z = 0.0225 there." in text
    assert "SUBJECT: Swift trigger 1234567: classification of ZTF26public as " in text
    assert "V. Rubin (Carnegie) and L. Kovacs report:" in text
    assert (
        "2026-11-02 12:00:00 UTC, 1.50 d after T0, with an exposure time of 900 s. It covers 4000 to 9000 Angstrom."
        in text
    )
    assert (
        ", with a probability of 95% (by SNID). The best match is SN 2011fe at 3 days. The redshift is z = 0.11 +/-"
        in text
    )
    assert facts["lint"] == []
