"""Inside a localization: what is refused, what a cone and a real map say, the past, and rights, wherever it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.candidates import SCAN_PROFILES, queue, selection_of
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.localizations import LOCALIZATIONS, InsideLocalization, inside, search_file, store_localization
from skyhub.records import add, from_fields, remove
from skyhub.science.coordinates import hpx_index, separations
from skyhub.science.sky_shapes import Cone, Polygon, skymap_of
from skyhub.science.skymaps import SkyMap, read_sky_map
from skyhub.search import SEARCHES, Search, run_search, search_objects, search_places
from skyhub.service import open_database
from support.commands import skyhub
from support.houses import OTHER, SCANNER, ingest
from support.packets import JD, record, write_packets
from support.services import Served

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
CONE = Cone.from_90(150.0, 2.0, 3.0)
COARSE = 0.045
"""How far a level may be off within a cell: half a diagonal of a tenth of a standard deviation, by at most e^(-1/2) for each."""
PLACES = {"A": (150.0, 2.0), "B": (151.5, 2.0), "C": (152.5, 2.0), "D": (150.0, 6.0), "E": (330.0, -2.0)}
"""From the centre to the antipode of the cone: levels 0, 0.44, 0.80, 0.983 and none."""
INSIDE = [(0.3, "A"), (0.5, "AB"), (0.9, "ABC"), (0.99, "ABCD"), (1.0, "ABCD")]
Ask = Callable[..., str]


def _store(db: Database, sky_map: SkyMap, viewer: Viewer = VERA, groups: list[str] | None = None) -> int:
    return int(store_localization(db, viewer, sky_map, "map", groups=groups)["localization"]["localization_id"])


def _queued(db: Database, viewer: Viewer = VERA, as_of: datetime | None = None, **asked: Any) -> str:
    page = queue(db, viewer, selection_of(asked), as_of)
    return "".join(sorted(row["object_id"][-1] for row in page["candidates"]))


def _found(db: Database, viewer: Viewer = VERA, as_of: datetime | None = None, **asked: Any) -> str:
    page = search_objects(db, viewer, from_fields(Search, asked, "search"), as_of)
    return "".join(sorted(row["object_id"][-1] for row in page["objects"]))


ASK = pytest.mark.parametrize("ask", [_queued, _found], ids=["queue", "search"])


@pytest.fixture
def placed(house_dir: Path, tmp_path: Path) -> Iterator[tuple[Database, int]]:
    """Candidates at `PLACES` alone in their night, and the number of the cone."""
    with open_database(house_dir) as db:
        for n, (letter, (ra, dec)) in enumerate(PLACES.items()):
            whole = record(10**15 + n, f"ZTF27{letter}", ra=ra, dec=dec, jd=JD + 1, magpsf=18.0)
            ingest(db, write_packets(tmp_path / f"{letter}.avro", whole))
        yield db, _store(db, skymap_of(CONE))


BAD = [
    {"localization": "cone"},
    {"localization": 1.5},
    {"localization": 0},
    {"localization": -1},
    {"localization": 2**63},
    {"localization": 99},
    {"localization": [1, 2]},
    {"level": 0},
    {"level": 1.01},
    {"level": "NaN"},
    {"level": "90%"},
]


@ASK
@pytest.mark.parametrize("asked", BAD, ids=str)
def test_what_is_no_place_is_refused(db: Database, ask: Ask, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(db, **asked)
    assert refused.value.where == next(iter(asked))


@pytest.mark.parametrize("path", ["candidates", "search", "search/places"])
@pytest.mark.parametrize("query", ["localization=cone", "localization=99", "level=2"])
def test_the_interface_refuses_the_same(still: Served, path: str, query: str) -> None:
    answer = still.get(f"/api/{path}?{query}", still.token_of(SCANNER))
    assert (answer.status_code, answer.json()["error"]["where"]) == (400, query.partition("=")[0])


@ASK
@pytest.mark.parametrize(("level", "expected"), INSIDE)
def test_a_cone(placed: tuple[Database, int], ask: Ask, level: float, expected: str) -> None:
    db, cone = placed
    assert ask(db, localization=str(cone), level=level, **_all_of(ask)) == expected


def _all_of(ask: Ask) -> dict[str, Any]:
    """What shows the objects of `PLACES` alone."""
    return {"name": "ZTF27"} if ask is _found else {}


def test_the_level_of_a_gaussian_is_that_of_its_radius(db: Database) -> None:
    rng = np.random.default_rng(3)
    ra, dec = 150 + rng.uniform(-6, 6, 4000), 2 + rng.uniform(-6, 6, 4000)
    closed = 1 - np.exp(-0.5 * (separations(ra, dec, 150.0, 2.0) / CONE.sigma) ** 2)
    number = _store(db, skymap_of(CONE))
    for level in (0.1, 0.5, 0.9, 0.99):
        test = inside(db, VERA, InsideLocalization(localization=number, level=level))
        assert test is not None
        clear = np.abs(closed - level) > COARSE
        assert np.array_equal(test(hpx_index(ra, dec))[clear], closed[clear] <= level)


@pytest.mark.parametrize("name", ["S190814bv_GW190814_bayestar.multiorder.fits", "GW170817_LALInference.flat.fits.gz"])
def test_a_real_map_holds_the_same_as_the_search_of_its_file(
    db: Database, shared: Path, tmp_path: Path, name: str
) -> None:
    sky_map = read_sky_map(shared / "skymaps" / name)
    rng = np.random.default_rng(5)
    near = rng.choice(len(sky_map), 3000, p=sky_map.probability / sky_map.probability.sum())
    ra, dec = (centre[near] for centre in sky_map.centres)
    names = [f"ZTF27{n:05d}" for n in range(len(ra))]
    rows = [
        {"object_id": o, "survey": "ZTF", "ra": a, "dec": d, "hpx": int(h), "acl": 0}
        for o, a, d, h in zip(names, ra, dec, hpx_index(ra, dec), strict=True)
    ]
    db.writer.write(lambda t: t.insert("objects", rows))
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("ra,dec\n" + "".join(f"{a!r},{d!r}\n" for a, d in zip(ra.tolist(), dec.tolist(), strict=True)))
    number = _store(db, sky_map)
    for level in (0.2, 0.5, 0.9):
        search = Search(localization=number, level=level)
        found = search_places(db, VERA, search)["object_id"].to_pylist()
        listed = [names[row["index"]] for row in search_file(sky_map, catalog, level)["rows"]]
        assert found == sorted(listed)
        assert len(found) == pytest.approx(level * len(names), rel=0.1)


def test_outside_of_a_shape_nothing_is_inside_whatever_the_level(placed: tuple[Database, int]) -> None:
    db, _ = placed
    triangle = _store(db, skymap_of(Polygon((149, 153, 151), (1, 1, 4))))
    assert _queued(db, localization=triangle, level=1) == "AB"
    assert _found(db, localization=triangle, level=1, name="ZTF27") == "AB"


@ASK
def test_what_one_may_not_see_is_as_what_there_is_not(placed: tuple[Database, int], ask: Ask) -> None:
    db, cone = placed
    said = []
    for number in (cone, cone + 1000):
        with pytest.raises(InvalidInput) as refused:
            ask(db, OTHER, localization=number)
        said.append(refused.value.message.replace(str(number), "NUMBER"))
    assert said[0] == said[1]
    public = _store(db, skymap_of(CONE), ADMINISTRATOR, ["public"])
    assert ask(db, VERA, localization=public, **_all_of(ask)) == "ABC"


@ASK
def test_the_past_is_asked_as_it_was(placed: tuple[Database, int], ask: Ask) -> None:
    db, cone = placed
    then = db.writer.write(lambda transaction: transaction.now)
    remove(db, VERA, LOCALIZATIONS, cone)
    with pytest.raises(InvalidInput, match=f"no localization {cone}"):
        ask(db, localization=cone)
    assert ask(db, as_of=then, localization=cone, **_all_of(ask)) == "ABC"
    later = _store(db, skymap_of(CONE))
    with pytest.raises(InvalidInput, match=f"no localization {later}"):
        ask(db, as_of=then, localization=later)


def test_profiles_and_persistent_searches_keep_it(placed: tuple[Database, int]) -> None:
    db, cone = placed
    asked = {"localization": cone, "level": 0.5}
    [kept] = add(db, VERA, SCAN_PROFILES, [{"name": "inner", "selection": asked}])["records"]
    assert _queued(db, **kept["selection"]) == "AB"
    [search] = add(db, VERA, SEARCHES, [{"name": "inner", "conditions": asked | {"name": "ZTF27"}}])["records"]
    assert run_search(db, VERA, int(search["search_id"]))["new"] == ["ZTF27A", "ZTF27B"]


def test_the_commands_and_the_client_ask_for_it(placed: tuple[Database, int], house_dir: Path) -> None:
    db, cone = placed
    db.close()
    listed = skyhub("candidates", "--localization", cone, "--level", "0.5", data_dir=house_dir)
    assert sorted(row["object_id"] for row in listed["rows"]) == ["ZTF27A", "ZTF27B"]
    found = skyhub("search", f"localization={cone}", "level=0.5", "name=ZTF27", data_dir=house_dir)
    assert sorted(row["object_id"] for row in found["rows"]) == ["ZTF27A", "ZTF27B"]
    refused = skyhub("candidates", "--localization", "99", data_dir=house_dir, status=2)
    assert refused["error"]["where"] == "localization"
