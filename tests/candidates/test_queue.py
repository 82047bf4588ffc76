"""The queue and the cards: selections, limits, and what a card says."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from skyhub.candidates import Selection, cards, decide, queue, queue_nights, selection_of
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput
from support.houses import SCANNER, VISITOR, candid_of, candidates_of


@pytest.mark.parametrize(
    "given",
    [
        {"status": "new"},
        {"status": ""},
        {"limit": 0},
        {"limit": -1},
        {"limit": 2001},
        {"group": "bursts"},
        {"group": "?"},
    ],
)
def test_impossible_selections_are_refused(house: Database, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        queue(house, SCANNER, selection_of(given))


def test_too_many_cards_are_refused(house: Database) -> None:
    with pytest.raises(InvalidInput, match="50 at a time"):
        cards(house, SCANNER, list(range(51)))


def test_a_night_without_candidates_is_empty(house: Database) -> None:
    empty = {"dayobs": "2020-01-01", "candidates": [], "counts": {"unreviewed": 0, "saved": 0, "rejected": 0, "all": 0}}
    empty |= {"total": 0, "cursor": None}
    assert queue(house, SCANNER, Selection(dayobs=date(2020, 1, 1))) == empty


def test_the_newest_night_is_shown(house: Database) -> None:
    found = queue(house, SCANNER, Selection())
    assert found["dayobs"] == "2026-11-21"
    assert queue_nights(house, SCANNER) == [{"dayobs": "2026-11-21", "n_objects": 3}]
    assert queue_nights(house, VISITOR) == [{"dayobs": "2026-11-21", "n_objects": 2}]


def test_an_entry(house: Database) -> None:
    [entry] = [c for c in queue(house, SCANNER, Selection())["candidates"] if c["object_id"] == "ZTF26partner"]
    assert entry["candid"] == str(candid_of(1))
    assert isinstance(entry["candidate_id"], str)
    assert entry["groups"] == ["transients"]
    assert "filter of transients" in entry["filters"]
    assert (entry["mag"], entry["n_detections"], entry["mine"], entry["saved"]) == (18.5, 3, None, False)


def test_a_group_selects_its_candidates(house: Database) -> None:
    found = queue(house, SCANNER, selection_of({"group": "transients"}))["candidates"]
    assert {c["object_id"] for c in found} == {"ZTF26public", "ZTF26partner"}


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_a_limit_does_not_hide_what_has_the_status(house: Database, limit: int) -> None:
    every = [c["object_id"] for c in queue(house, SCANNER, Selection())["candidates"]]
    for object_id in every[:-1]:
        decide(house, SCANNER, object_id, candidates_of(house, SCANNER)[object_id], "reject")
    found = queue(house, SCANNER, Selection(status="unreviewed", limit=limit))
    assert [c["object_id"] for c in found["candidates"]] == every[-1:]
    assert found["counts"] == {"unreviewed": 1, "saved": 0, "rejected": len(every) - 1, "all": len(every)}


def test_a_card(house: Database) -> None:
    number = candidates_of(house, SCANNER)["ZTF26partner"]
    [card] = cards(house, SCANNER, [number])
    json.dumps(json_value(card), allow_nan=False)
    assert (card["candidate_id"], card["candid"], card["dayobs"]) == (str(number), str(candid_of(1)), "2026-11-21")
    assert card["statistics"]["n_detections"] == 2
    assert card["statistics"]["n_limits"] == 1
    assert card["photometry"]["filter"] == ["ztfg", "ztfr", "ztfr"]
    assert card["photometry"]["mag"] == [None, 19.25, 18.5]
    assert card["position"]["sexagesimal"] == ("10:04:00.000", "+02:30:00.00")
    assert all(url.startswith("data:image/png;base64,") for url in card["cutouts"].values())
    verdicts = {a["key"]: a["verdict"] for a in card["annotations"]}
    assert (verdicts["rb"], verdicts["drb"], verdicts["star_score"]) == ("good", "good", "good")


def test_cards_come_in_the_order_asked_and_without_cutouts_too(house: Database) -> None:
    numbers = list(candidates_of(house, SCANNER).values())[::-1]
    found = cards(house, SCANNER, [*numbers, 10**6])
    assert [c["candidate_id"] for c in found] == [str(n) for n in numbers]
    assert any(c["cutouts"]["science"] is None for c in found)


def test_the_history_shown_is_what_the_streams_permit(house: Database) -> None:
    number = candidates_of(house, VISITOR)["ZTF26public"]
    [card] = cards(house, VISITOR, [number])
    assert len(card["photometry"]["mjd"]) == 3
    partner = candidates_of(house, SCANNER)["ZTF26partner"]
    assert cards(house, Viewer("v", frozenset({"bursts"})), [partner]) == []
