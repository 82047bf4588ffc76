"""Authors of circulars: from the lists of groups, each once and in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from skyhub.client import Sky, Transport
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import add
from skyhub.service import serving
from skyhub.submissions import CIRCULAR_AUTHORS
from skyhub.web import TokenSigner
from submissions_support import VERA


@pytest.mark.parametrize("fields", [{"name": "A; B"}, {"name": "@transients"}, {"name": "A", "affiliation": "X; Y"}])
def test_names_that_would_be_several_are_refused(team: Database, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="';' separates authors"):
        add(team, VERA, CIRCULAR_AUTHORS, [fields])


def test_lists_of_groups_stand_in_their_order_and_nobody_twice(team: Database) -> None:
    both = Viewer("vera", frozenset({"transients", "bursts"}), scopes=VERA.scopes)
    ours = [
        {"name": "Z. Last", "affiliation": "Ondřejov"},
        {"name": "B. Second", "position": 1},
        {"name": "A. First", "affiliation": "Institute", "position": 1},
    ]
    add(team, both, CIRCULAR_AUTHORS, ours, ["transients"])
    add(team, both, CIRCULAR_AUTHORS, [{"name": "C. Other"}], ["bursts"])
    with (
        serving(team) as address,
        Sky(Transport(address.url, TokenSigner(team.data_dir).issue(VERA, timedelta(minutes=5)))) as sky,
    ):
        assert sky.circulars.authors() == ["vera"]
        expected = ["X. Guest (Elsewhere)", "A. First (Institute)", "B. Second", "Z. Last (Ondřejov)"]
        assert sky.circulars.authors("X. Guest (Elsewhere); @transients ; B. Second") == expected
        for group in ("bursts", "unknown", ""):
            with pytest.raises(InvalidInput, match="has no authors"):
                sky.circulars.authors(f"@{group}")
