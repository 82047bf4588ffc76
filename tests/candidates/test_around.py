"""What surrounds a candidate: the positions of its detections, and how its annotations compare with tonight's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import numpy as np
import pytest
from skyhub.candidates import add_filter, cards, centroid, distributions
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.service import open_database
from skyhub.team import add_groups
from support.houses import OTHER, SCANNER, VISITOR, candidates_of, ingest
from support.packets import JD, detection, record, write_packets
from support.services import Served

NIGHT = date(2026, 11, 21)
RA, DEC = 359.9999, 60.0


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An object at 0 h that was detected three times, 1 arcsec apart eastwards; and ten more."""
    folder = tmp_path_factory.mktemp("around")
    step = 1 / 3600 / np.cos(np.radians(DEC))
    with open_database(folder / "data") as db:
        add_groups(db, {"transients": [], "bursts": []})
        add_filter(db, "all of transients", "true", "transients")
        add_filter(db, "one of bursts", "drb < 0.15", "bursts")
        history = [detection(10**15 + n, ra=(RA + n * step) % 360, dec=DEC, jd=JD - 2 + n / 10) for n in (0, 1)]
        whole = record(
            10**15 + 2, "ZTF26moved", history, ra=(RA + 2 * step) % 360, dec=DEC, ranr=RA + step, decnr=DEC + 2 / 3600,
            magnr=19.0,
        )  # fmt: skip
        ingest(db, write_packets(folder / "moved.avro", whole))
        for n in range(10):
            ingest(
                db, write_packets(folder / f"{n}.avro", record(2 * 10**15 + n, f"ZTF26n{n}", ra=10.0 + n, drb=n / 10))
            )
        yield db


@pytest.mark.parametrize("viewer", [VISITOR, OTHER, Viewer("stranger")])
def test_who_may_not_see_a_candidate_learns_nothing_of_it(db: Database, viewer: Viewer) -> None:
    number = candidates_of(db, SCANNER)["ZTF26moved"]
    with pytest.raises(NotFound):
        centroid(db, viewer, number)
    with pytest.raises(NotFound):
        centroid(db, SCANNER, number, datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFound):
        centroid(db, SCANNER, 10**9)


def test_positions_around_the_median(db: Database) -> None:
    found = centroid(db, SCANNER, candidates_of(db, SCANNER)["ZTF26moved"])
    assert [round(point["east"], 3) for point in found["points"]] == [-1.0, 0.0, 1.0]
    assert [round(point["north"], 3) for point in found["points"]] == [0.0, 0.0, 0.0]
    assert found["scatter"] == pytest.approx(np.sqrt(2 / 3), rel=1e-3)
    reference = found["reference"]
    assert (reference["east"], reference["north"]) == pytest.approx((0.0, 2.0), abs=1e-3)
    assert (reference["separation"], reference["mag"]) == pytest.approx((2.0, 19.0), abs=1e-3)


def test_one_detection_has_no_scatter_and_a_packet_may_have_no_reference(db: Database) -> None:
    found = centroid(db, SCANNER, candidates_of(db, SCANNER)["ZTF26n3"])
    assert (found["scatter"], found["reference"], len(found["points"])) == (None, None, 1)


def test_distributions_are_of_what_one_may_see(db: Database) -> None:
    mine = {row["key"]: row for row in distributions(db, SCANNER, NIGHT)}
    assert (mine["drb"]["low"], mine["drb"]["high"]) == pytest.approx((0.0, 0.95), abs=0.06)
    assert sum(mine["drb"]["counts"]) == 11
    assert "rb" not in mine  # all alerts have the same
    others = {row["key"]: row for row in distributions(db, Viewer("x", frozenset({"bursts"})), NIGHT)}
    public = {row["key"]: row for row in distributions(db, VISITOR, NIGHT)}
    assert sum(others["drb"]["counts"]) < 11
    assert sum(public.get("drb", {"counts": []})["counts"]) < sum(others["drb"]["counts"])
    assert distributions(db, SCANNER, date(2020, 1, 1)) == []
    assert distributions(db, SCANNER, NIGHT, datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_the_interface(still: Served) -> None:
    number = candidates_of(still.db, SCANNER)["ZTF26partner"]
    with still.sky(SCANNER) as sky:
        assert sky.candidates.centroid(str(number))["points"]
        assert {row["origin"] for row in sky.candidates.distributions("2026-11-21")} == {"ZTF"}
    answer = still.get("/api/candidates/distributions?dayobs=x", still.token_of(SCANNER))
    assert answer.status_code == 400
    assert [card["saved"] for card in cards(still.db, SCANNER, [number])] == [[]]
