"""How far scanners agree: who may ask, what counts, and that nobody learns another's figures."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.candidates import PREFERENCES, decide, scanner_agreement
from skyhub.candidates._agreement import _of_all, _of_one, _pairs
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.records import add
from skyhub.science.agreement import cohen_kappa
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.services import Served

NIGHT = date(2026, 11, 21)
THIRD = Viewer("third", frozenset({"transients"}), scopes=ROLES["scanner"])
OBJECTS = ("ZTF26public", "ZTF26partner")
NAMES = {viewer.name for viewer in (SCANNER, COLLEAGUE, THIRD)}

_keys = (f"key {number}" for number in count())


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str) -> None:
    decide(db, viewer, next(_keys), candidates_of(db, viewer)[object_id], verdict, ["transients"])


@pytest.fixture
def decided(house: Database) -> Database:
    """The scanner and the colleague agree on one object of two; the third has looked at one."""
    for viewer, verdicts in ((SCANNER, ("save", "save")), (COLLEAGUE, ("save", "reject")), (THIRD, ("reject",))):
        for object_id, verdict in zip(OBJECTS, verdicts, strict=False):
            _decide(house, viewer, object_id, verdict)
    return house


def test_what_may_not_be_asked(house: Database) -> None:
    for nights in ([], [NIGHT] * 101):
        with pytest.raises(InvalidInput, match="1 to 100 are permitted"):
            scanner_agreement(house, SCANNER, nights)
    for groups in (["stars"], ["transients", "unheard-of"]):
        with pytest.raises(PermissionRefused, match="transients are permitted"):
            scanner_agreement(house, SCANNER, [NIGHT], groups)


def test_of_what_nobody_has_decided(house: Database) -> None:
    told = scanner_agreement(house, SCANNER, [NIGHT], me=True)
    assert (told["n_pairs"], told["agreement"], told["kappa"]) == (0, None, None)
    assert told["mine"]["n_pairs"] == 0
    assert told["disagreements"] == []


def test_all_pairs_together(decided: Database) -> None:
    told = scanner_agreement(decided, SCANNER, [NIGHT], ["transients"])
    assert (told["n_scanners"], told["n_objects"], told["n_pairs"], told["n_agreed"]) == (3, 2, 4, 1)
    assert told["agreement"] == 0.25
    assert told["confusion"] == [[2, 3], [3, 0]]
    # Scanner and colleague agree once of twice, as by chance; with the third they never do, and chance could not.
    assert (told["kappa"], told["n_kappas"]) == (0.0, 3)
    assert [(d["object_id"], d["n_save"], d["n_reject"]) for d in told["disagreements"]] == [
        ("ZTF26partner", 1, 1),
        ("ZTF26public", 2, 1),
    ]


def test_ones_own_against_all_others(decided: Database) -> None:
    told = scanner_agreement(decided, SCANNER, [NIGHT], me=True)
    assert told["mine"] == {
        "n_pairs": 3,
        "agreement": pytest.approx(1 / 3),
        "kappa": 0.0,
        "kappa_error": pytest.approx((1 / 3 * 2 / 3 / 3) ** 0.5 / (2 / 3)),
        "confusion": [[1, 2], [0, 0]],
    }
    assert {d["object_id"]: d["mine"] for d in told["disagreements"]} == dict.fromkeys(OBJECTS, "save")
    third = scanner_agreement(decided, THIRD, [NIGHT], me=True)
    assert third["mine"]["confusion"] == [[0, 0], [2, 0]]
    assert {d["object_id"]: d["mine"] for d in third["disagreements"]} == {
        "ZTF26public": "reject",
        "ZTF26partner": None,
    }


@pytest.mark.parametrize("me", [False, True])
@pytest.mark.parametrize("viewer", [SCANNER, COLLEAGUE, THIRD, ADMINISTRATOR])
def test_nobody_is_named(decided: Database, viewer: Viewer, me: bool) -> None:
    told = json.dumps(scanner_agreement(decided, viewer, [NIGHT], me=me))
    assert not [name for name in NAMES if f'"{name}"' in told]


def test_who_is_outside_the_group_learns_nothing(decided: Database) -> None:
    for viewer in (OTHER, VISITOR):
        told = scanner_agreement(decided, viewer, [NIGHT])
        assert (told["n_scanners"], told["n_pairs"], told["disagreements"]) == (0, 0, [])


def test_the_newest_that_is_not_undone_counts(decided: Database) -> None:
    before = scanner_agreement(decided, SCANNER, [NIGHT])
    _decide(decided, COLLEAGUE, "ZTF26partner", "save")
    assert scanner_agreement(decided, SCANNER, [NIGHT])["n_agreed"] == 2
    _decide(decided, COLLEAGUE, "ZTF26partner", "undo")
    assert scanner_agreement(decided, SCANNER, [NIGHT]) == before
    assert scanner_agreement(decided, SCANNER, [NIGHT + timedelta(1)])["n_pairs"] == 0


def test_as_it_was_known(decided: Database) -> None:
    moment = decided.reader.rows(ADMINISTRATOR, "SELECT known_at FROM @decisions ORDER BY decision_id")[2]["known_at"]
    moment = moment.replace(tzinfo=UTC)
    told = scanner_agreement(decided, SCANNER, [NIGHT], as_of=moment)
    assert (told["n_pairs"], told["agreement"]) == (1, 1.0)


def test_over_http(decided: Database, served: Served) -> None:
    with served.sky(SCANNER) as sky:
        told = sky.candidates.agreement([NIGHT.isoformat()], ["transients"], me=True)
    assert told == scanner_agreement(decided, SCANNER, [NIGHT], ["transients"], me=True)


def _rows(verdicts: list[tuple[str, str]]) -> list[dict[str, object]]:
    cells = [(f"o{place}", user, v) for place, pair in enumerate(verdicts) for user, v in zip("ab", pair, strict=True)]
    return [
        {"decision_id": n, "object_id": o, "candidate_id": n, "user_name": u, "verdict": v, "group_ids": [1, 2], "dayobs": NIGHT}
        for n, (o, u, v) in enumerate(cells)
    ]  # fmt: skip


verdict = st.sampled_from(("save", "reject"))


@given(st.lists(st.tuples(verdict, verdict), min_size=1, max_size=30))
def test_of_two_scanners_it_is_cohens_kappa(verdicts: list[tuple[str, str]]) -> None:
    pairs = _pairs(_rows(verdicts), {1, 2})
    both, one, other = _of_all(pairs), _of_one(pairs, "a"), _of_one(pairs, "b")
    assert both["n_pairs"] == one["n_pairs"] == len(verdicts)
    assert both["kappa"] == one["kappa"]
    assert one["confusion"] == [list(row) for row in zip(*other["confusion"], strict=True)]
    if one["kappa"] is not None:
        assert one["kappa"] == cohen_kappa(one["confusion"])


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ((), []),
        ((SCANNER,), []),  # of two who are left, each could take his own figures away
        ((SCANNER, COLLEAGUE), []),
        ((SCANNER, COLLEAGUE, THIRD), ["colleague", "scanner", "third"]),
    ],
)
def test_those_are_named_who_have_chosen_so(decided: Database, who: tuple[Viewer, ...], named: list[str]) -> None:
    """And only if the figures of those who have not cannot be told from theirs."""
    for viewer in who:
        add(decided, viewer, PREFERENCES, [{"name": "named_in_scanning", "value": True}])
    told = scanner_agreement(decided, ADMINISTRATOR, [NIGHT])
    assert [row["user"] for row in told["named"]] == named
    for row in told["named"]:
        viewer = next(v for v in who if v.name == row["user"])
        assert {**scanner_agreement(decided, viewer, [NIGHT], me=True)["mine"], "user": viewer.name} == row
    for viewer in who:
        add(decided, viewer, PREFERENCES, [{"name": "named_in_scanning", "value": False}], revise=True)
    assert scanner_agreement(decided, ADMINISTRATOR, [NIGHT])["named"] == []


def test_what_is_no_preference(house: Database) -> None:
    for fields in ({"name": "unheard-of", "value": True}, {"name": "named_in_scanning"}):
        with pytest.raises(InvalidInput):
            add(house, SCANNER, PREFERENCES, [fields])
    columns = [tuple(line.rstrip(",);").split(" ")) for line in PREFERENCES.ddl.split("\n    ")[1:]]
    with house.reader.borrowed() as cursor:
        rows = cursor.execute("SELECT column_name, column_type FROM (DESCRIBE preferences)").fetchall()
    assert rows == columns
