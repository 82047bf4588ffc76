"""Names, links, duplicates and distances: what is said of an object is found in its record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from astropy.coordinates import SkyCoord
from astropy.cosmology import Planck18
from hypothesis import given
from hypothesis import strategies as st
from skyhub.classification import CLASSIFICATIONS
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.notes import ANNOTATIONS, COMMENTS, LIST_ENTRIES, OBJECT_TAGS, REDSHIFTS, TAGS
from skyhub.objects import Place, ensure_objects
from skyhub.records import Kind, add, edit, remove
from skyhub.science.distances import luminosity_distance
from skyhub.sources import (
    ALIASES,
    KINDS,
    SAME_AS,
    distance_of,
    find_objects,
    linked_objects,
    object_record,
    save_source,
)
from support.houses import COLLEAGUE, OTHER, SCANNER

NAME, PARTNER, HIDDEN = "ZTF26public", "ZTF26partner", "ZTF26caltech"
UPLOADER = Viewer("uploader", frozenset({"transients", "bursts"}), scopes=ROLES["scientist"])


def _note(db: Database, kind: Kind[Any], viewer: Viewer = SCANNER, **fields: Any) -> dict[str, Any]:
    record: dict[str, Any] = add(db, viewer, kind, [fields])["records"][0]
    return record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_migration_makes_the_table(house: Database, kind: Kind[Any]) -> None:
    rows = house.reader.rows(
        ADMINISTRATOR,
        "SELECT column_name || ' ' || data_type AS line FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [kind.table],
    )
    assert [row["line"] for row in rows] == [line.rstrip(",);") for line in kind.ddl.split("\n    ")[1:]]


def test_names_and_links_that_cannot_be(house: Database) -> None:
    for alias in ("", " ", "x" * 101):
        with pytest.raises(InvalidInput):
            _note(house, ALIASES, object_id=NAME, alias=alias)
    with pytest.raises(InvalidInput, match="another one"):
        _note(house, SAME_AS, object_id=NAME, other_id=NAME)
    for first, second in ((NAME, HIDDEN), (HIDDEN, NAME), (NAME, "nothing")):
        with pytest.raises(NotFound):
            _note(house, SAME_AS, object_id=first, other_id=second)
    _note(house, SAME_AS, object_id=NAME, other_id=PARTNER)
    with pytest.raises(Conflict):
        _note(house, SAME_AS, object_id=PARTNER, other_id=NAME)


def test_objects_are_found_by_all_their_names(house: Database) -> None:
    _note(house, ALIASES, object_id=NAME, alias="SN 2026abc", origin="TNS")
    _note(house, ALIASES, object_id=NAME, alias="ATLAS26xyz")
    [found] = find_objects(house, COLLEAGUE, "2026ab")
    assert (found["object_id"], found["alias"], found["ra"]) == (NAME, "SN 2026abc", 150.0)
    assert "alias" not in find_objects(house, COLLEAGUE, NAME)[0]
    assert find_objects(house, OTHER, "2026ab") == []
    assert object_record(house, COLLEAGUE, NAME)["aliases"] == ["SN 2026abc", "ATLAS26xyz"]
    assert object_record(house, OTHER, NAME)["aliases"] == []


def test_links_lead_both_ways_and_through_each_other(house: Database) -> None:
    ensure_objects(house, UPLOADER, {"LSST1": Place(150, 2.5), "PS1": Place(150, 2.5)}, ["transients"])
    _note(house, SAME_AS, UPLOADER, object_id=NAME, other_id="LSST1", reason="same place")
    _note(house, SAME_AS, object_id="PS1", other_id="LSST1")
    for name, others in ((NAME, ["LSST1", "PS1"]), ("LSST1", ["PS1", NAME]), ("PS1", ["LSST1", NAME])):
        assert [row["object_id"] for row in linked_objects(house, SCANNER, name)] == others
    assert [row["object_id"] for row in linked_objects(house, OTHER, NAME)] == []
    [link] = house.reader.rows(SCANNER, "SELECT link_id FROM @same_as WHERE object_id = 'LSST1' AND other_id = 'PS1'")
    remove(house, SCANNER, SAME_AS, link["link_id"])
    assert [row["object_id"] for row in linked_objects(house, SCANNER, NAME)] == ["LSST1"]


def test_duplicates_lie_within_four_arcseconds(house: Database) -> None:
    places = {"near": Place(20.0001, 20.0005), "at": Place(20, 20), "far": Place(20, 20 + 4.01 / 3600)}
    ensure_objects(house, UPLOADER, places)
    [found] = object_record(house, UPLOADER, "at")["duplicates"]
    assert found["object_id"] == "near"
    assert found["separation_arcsec"] == pytest.approx(
        SkyCoord(20, 20, unit="deg").separation(SkyCoord(20.0001, 20.0005, unit="deg")).arcsec
    )
    assert find_objects(house, UPLOADER, "20 20", 2.0)[1]["object_id"] == "near"


@pytest.mark.parametrize(
    ("known", "megaparsec", "modulus"),
    [
        ({"distance_modulus": 28.5}, 10 ** (28.5 / 5 - 5), 28.5),
        ({"distance_modulus": 28.5, "parallax": 1.0, "redshift": 1.0}, 10 ** (28.5 / 5 - 5), 28.5),
        ({"parallax": 1.0}, 0.001, 10.0),
        ({"parallax": 1.0, "redshift": 1.0}, 0.001, 10.0),
        ({"distance": 10.0}, 10.0, 30.0),
        ({"redshift": 0.1}, Planck18.luminosity_distance(0.1).value, Planck18.distmod(0.1).value),
        ({"parallax": -0.3, "redshift": 0.1}, Planck18.luminosity_distance(0.1).value, Planck18.distmod(0.1).value),
    ],
)
def test_distances(known: dict[str, float], megaparsec: float, modulus: float) -> None:
    distance = distance_of(**known)
    assert distance is not None
    assert distance.luminosity_distance == pytest.approx(megaparsec, rel=1e-9)
    assert distance.distance_modulus == pytest.approx(modulus, abs=1e-9)


@pytest.mark.parametrize(
    "known", [{}, {"redshift": 1e-5}, {"redshift": 349 / 299_792.458}, {"redshift": -0.01}, {"parallax": 0.0}]
)
def test_what_tells_no_distance(known: dict[str, float]) -> None:
    assert distance_of(**known) is None


@given(st.floats(350 / 299_792.458, 20))
def test_the_universe_is_that_of_planck(z: float) -> None:
    assert luminosity_distance(z) == pytest.approx(Planck18.luminosity_distance(z).value, rel=1e-9)


def test_the_record_of_an_object_holds_everything(house: Database) -> None:
    _note(house, CLASSIFICATIONS, object_id=NAME, classification="Ia", probability=0.8, ml=True)
    _note(house, CLASSIFICATIONS, OTHER, object_id=NAME, classification="TDE")
    first = _note(house, REDSHIFTS, object_id=NAME, redshift=0.1, type="host")
    early = datetime.now(UTC)
    edit(house, SCANNER, REDSHIFTS, int(first["redshift_id"]), {"redshift": 0.2})
    _note(house, COMMENTS, object_id=NAME, text="one")
    _note(house, TAGS, name="young", colour="#ff8800")
    _note(house, OBJECT_TAGS, object_id=NAME, tag="young")
    _note(house, LIST_ENTRIES, object_id=NAME, list_name="favourites")
    record = object_record(house, COLLEAGUE, NAME)
    assert record["classification"]["classification"] == "SN Ia"
    assert record["redshift"]["redshift"] == 0.2
    assert record["distance"]["basis"] == "redshift"
    assert (record["n_comments"], record["lists"]) == (1, [])
    assert [(tag["tag"], tag["colour"]) for tag in record["tags"]] == [("young", "#ff8800")]
    assert [entry["list_name"] for entry in object_record(house, SCANNER, NAME)["lists"]] == ["favourites"]
    _note(house, ANNOTATIONS, object_id=NAME, origin="gaia", data={"parallax": 2.0})
    assert object_record(house, COLLEAGUE, NAME)["distance"]["basis"] == "parallax"
    then = object_record(house, COLLEAGUE, NAME, early)
    assert (then["redshift"]["redshift"], then["n_comments"], then["tags"]) == (0.1, 0, [])
    assert then["distance"]["luminosity_distance"] == pytest.approx(luminosity_distance(0.1))
    other = object_record(house, OTHER, NAME)
    assert (other["classification"]["classification"], other["redshift"], other["distance"]) == ("TDE", None, None)


def test_neighbours_are_those_that_one_may_see(house: Database) -> None:
    for name, group in (("mine", "transients"), ("theirs", "bursts")):
        save_source(house, UPLOADER, name, [group], ra=150.0, dec=2.5)
    found = object_record(house, SCANNER, "ZTF26public")["duplicates"]
    assert [near["object_id"] for near in found] == ["mine"]
