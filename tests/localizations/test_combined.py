"""Localizations made of two are for those who see both, and say what they were made of; files come to the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.localizations import (
    LOCALIZATIONS,
    CombinedLocalizations,
    HidingEarth,
    combine_localizations,
    localization_without_earth,
    map_of,
    overlap_of,
    store_localization,
)
from skyhub.records import find
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import overlap_integral, product, read_sky_map, write_sky_map
from skyhub.science.vectors import unit_vectors
from skyhub.team import add_groups
from support.commands import skyhub

WAVE, BURST, ELSEWHERE = Cone.from_90(150.0, 2.0, 8.0), Cone.from_90(153.0, 4.0, 5.0), Cone.from_90(300.0, -40.0, 2.0)
T0 = datetime(2026, 11, 19, 3, 0, 0, tzinfo=UTC)
GROUPS = ("transients", "bursts", "waves")
PEOPLE = {
    name: Viewer(name, frozenset(groups), scopes=ROLES["scientist"])
    for name, groups in {"transients": ["transients"], "bursts": ["bursts"], "both": ["transients", "bursts"],
                         "waves": ["waves"], "all": GROUPS, "nobody": []}.items()
}  # fmt: skip


@pytest.fixture(autouse=True)
def groups(request: pytest.FixtureRequest) -> None:
    """The groups, where a test has a database."""
    if "db" in request.fixturenames:
        add_groups(request.getfixturevalue("db"), {name: [] for name in GROUPS})


def _stored(db: Database, cone: Cone, *groups: str, dateobs: datetime | None = None) -> int:
    author = ADMINISTRATOR if groups == ("public",) else PEOPLE["all"]
    done = store_localization(db, author, skymap_of(cone), cone.name, dateobs, list(groups))
    return int(done["localization"]["localization_id"])


def _combine(db: Database, viewer: Viewer, first: int, second: int, **said: Any) -> dict[str, Any]:
    return combine_localizations(db, viewer, CombinedLocalizations(first=first, second=second, **said))


def _seers(db: Database, number: int) -> set[str]:
    return {
        name
        for name, viewer in PEOPLE.items()
        if number in {int(r["localization_id"]) for r in find(db, viewer, LOCALIZATIONS)}
    }


def test_what_cannot_be_combined_is_refused_and_nothing_is_stored(db: Database) -> None:
    first, second, far = (_stored(db, cone, "transients") for cone in (WAVE, BURST, ELSEWHERE))
    scanner = Viewer("sam", frozenset({"transients"}), scopes=ROLES["scanner"])
    with pytest.raises(PermissionRefused):
        _combine(db, scanner, first, second)
    with pytest.raises(NotFound):
        _combine(db, PEOPLE["transients"], first, 999)
    with pytest.raises(InvalidInput, match="given twice"):
        _combine(db, PEOPLE["transients"], first, first)
    with pytest.raises(InvalidInput, match="no place in common"):
        _combine(db, PEOPLE["transients"], first, far)
    assert len(find(db, ADMINISTRATOR, LOCALIZATIONS)) == 3


@pytest.mark.parametrize("hidden", [0, 1])
def test_who_does_not_see_one_cannot_tell_it_from_none(db: Database, hidden: int) -> None:
    numbers = [_stored(db, WAVE, "transients"), _stored(db, BURST, "transients")]
    numbers[hidden] = _stored(db, ELSEWHERE, "bursts")
    for work in (_combine, overlap_of):
        with pytest.raises(NotFound, match=f"no localization {numbers[hidden]} among"):
            work(db, PEOPLE["transients"], *numbers)


@pytest.mark.parametrize(
    ("first", "second", "author", "seers"),
    [
        (["transients"], ["transients"], "transients", {"transients", "both", "all"}),
        (["transients", "bursts"], ["bursts"], "both", {"bursts", "both", "all"}),
        (["transients", "bursts"], ["bursts"], "bursts", {"bursts", "both", "all"}),
        (["transients"], ["bursts"], "both", {"both"}),
        (["transients", "waves"], ["bursts", "waves"], "both", {"both"}),
        (["public"], ["bursts"], "both", {"bursts", "both", "all"}),
        (["public"], ["public"], "waves", {"waves", "all"}),
        (["public"], ["public"], "nobody", {"nobody"}),
    ],
)
def test_only_who_sees_both_sees_the_combination(
    db: Database, first: list[str], second: list[str], author: str, seers: set[str]
) -> None:
    numbers = _stored(db, WAVE, *first), _stored(db, BURST, *second)
    made = int(_combine(db, PEOPLE[author], *numbers)["localization"]["localization_id"])
    assert _seers(db, made) == seers
    assert _seers(db, made) <= _seers(db, numbers[0]) & _seers(db, numbers[1])
    for name in PEOPLE.keys() - seers:
        with pytest.raises(NotFound):
            map_of(db, PEOPLE[name], made)


def test_a_combination_says_what_it_was_made_of_and_is_stored_once(db: Database) -> None:
    first, second = _stored(db, WAVE, "transients"), _stored(db, BURST, "transients", dateobs=T0)
    done = _combine(db, PEOPLE["transients"], first, second)
    maps = skymap_of(WAVE), skymap_of(BURST)
    assert done["overlap"] == pytest.approx(overlap_integral(*maps))
    assert overlap_of(db, PEOPLE["transients"], second, first)["overlap"] == pytest.approx(done["overlap"])
    record = done["localization"]
    assert record["name"] == f"product of localizations {first} and {second}"
    assert (
        record["notes"][0] == f"product of localization {first} ({WAVE.name}) and localization {second} ({BURST.name})"
    )
    assert record["dateobs"] == find(db, PEOPLE["transients"], LOCALIZATIONS, {"name": BURST.name})[0]["dateobs"]
    assert record["area_90"] == pytest.approx(product(*maps).area_within(0.9))
    again = _combine(db, PEOPLE["transients"], first, second)
    assert (again["stored"], again["duplicates"]) == (0, 1)
    mixed = _combine(db, PEOPLE["transients"], first, second, how="mixture", name="either")["localization"]
    assert (mixed["name"], mixed["area_90"] > record["area_90"]) == ("either", True)


def test_what_the_earth_hid_is_left_out_for_those_who_see_the_rest(db: Database) -> None:
    number = _stored(db, WAVE, "transients", dateobs=T0)
    vera, above = PEOPLE["transients"], HidingEarth(ra=150.0, dec=72.0, radius=70.0)
    scanner = Viewer("sam", frozenset({"transients"}), scopes=ROLES["scanner"])
    with pytest.raises(PermissionRefused):
        localization_without_earth(db, scanner, number, above)
    with pytest.raises(NotFound):
        localization_without_earth(db, PEOPLE["bursts"], number, above)
    with pytest.raises(InvalidInput, match="nothing is left"):
        localization_without_earth(db, vera, number, HidingEarth(ra=150.0, dec=2.0, radius=90.0))
    with pytest.raises(InvalidInput, match="not in space"):
        localization_without_earth(db, vera, number, HidingEarth(position=(10.0, 0.0, 0.0)))
    assert len(find(db, ADMINISTRATOR, LOCALIZATIONS)) == 1
    done = localization_without_earth(db, vera, number, above)
    made = int(done["localization"]["localization_id"])
    assert done["hidden"] == pytest.approx(0.5, abs=0.03)  # the horizon goes through the middle of the cone
    assert map_of(db, vera, made).density_at([150.0], [6.0]) == 0
    assert done["localization"]["dateobs"] == find(db, vera, LOCALIZATIONS, {"name": WAVE.name})[0]["dateobs"]
    assert done["localization"]["notes"][0].endswith("without the Earth, 70.00 deg about 150.000 +72.000")
    assert _seers(db, made) == _seers(db, number)
    away = tuple(float(x) for x in -8000.0 * unit_vectors([150.0], [72.0])[0])
    from_position = localization_without_earth(db, vera, number, HidingEarth(position=away))
    assert from_position["hidden"] < done["hidden"]


@pytest.mark.parametrize(
    "given", [{}, {"ra": 1.0, "dec": 2.0}, {"ra": 1.0, "dec": 2.0, "radius": 3.0, "position": (1, 2, 3)}]
)
def test_where_the_earth_was_is_said_in_one_way(sky: Sky, given: dict[str, Any]) -> None:
    number = sky.localizations.add(WAVE)["localization_id"]
    with pytest.raises(InvalidInput, match="give ra, dec and radius of the Earth, or the position"):
        sky.localizations.without_earth(number, **given)


def test_the_client_combines_and_compares(sky: Sky) -> None:
    first, second = (sky.localizations.add(cone)["localization_id"] for cone in (WAVE, BURST))
    both = sky.localizations.combine(first, second, name="joint", dateobs=T0)
    assert both["name"] == "joint"
    assert both.map.density_at(152.2, 3.4) > skymap_of(BURST).density_at(152.2, 3.4)
    assert sky.localizations.overlap(first, second) == pytest.approx(
        overlap_integral(skymap_of(WAVE), skymap_of(BURST))
    )
    with pytest.raises(InvalidInput, match="how"):
        sky.localizations.combine(first, second, how="sum")  # type: ignore[arg-type]


def test_files_are_combined_into_a_new_file(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.fits" for n in range(3)]
    for path, cone in zip(paths, (WAVE, BURST, ELSEWHERE), strict=True):
        path.write_bytes(write_sky_map(skymap_of(cone)))
    out = tmp_path / "both.fits"
    words = ["localization", "combine", *paths[:2], "--out", out]
    refused = skyhub("localization", "combine", paths[0], paths[2], "--out", out, status=2)["error"]
    assert "no place in common" in refused["message"]
    assert not out.exists()
    told = skyhub(*words, "--how", "product")
    expected = product(skymap_of(WAVE), skymap_of(BURST))
    assert told["area_90"] == pytest.approx(expected.area_within(0.9), rel=1e-6)
    assert told["overlap"] == pytest.approx(overlap_integral(skymap_of(WAVE), skymap_of(BURST)), rel=1e-6)
    assert read_sky_map(out).density_at([152.0], [3.0]) == pytest.approx(expected.density_at([152.0], [3.0]), rel=1e-6)
    assert "not there yet" in skyhub(*words, status=2)["error"]["message"]
    assert (
        skyhub("localization", "combine", *paths[1:], "--how", "mixture", "--out", tmp_path / "m.fits")["overlap"] == 0
    )
