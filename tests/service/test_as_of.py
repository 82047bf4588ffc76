"""Every read takes ``as_of``: the routes of the service, the methods of the client, and what they find at earlier times."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.candidates import queue_nights
from skyhub.classification import TAXONOMIES, taxonomy_tree
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, NotFound
from skyhub.history import audit
from skyhub.notes import LIST_ENTRIES, watches_at
from skyhub.records import add, edit, remove
from skyhub.reports import claim_run, list_runs, report_template, request_run, run_record
from skyhub.sources import ALIASES, find_objects
from skyhub.team import change_group, explain
from skyhub.team._groups import group_history
from support.houses import candid_of
from support.interface import interface

PRESENT = {
    "/health": "whether the service runs",
    "/api/changes": "the live changes; Last-Event-ID says from where",
    "/api/kinds": "the fields of this release",
    "/api/kinds/{table}": "the fields of this release",
    "/api/me": "who the caller is; rights are always those of today",
    "/api/users": "accounts; rights are always those of today",
    "/api/tokens": "the caller's tokens in force",
    "/api/news": "what is new since the caller's last visit",
    "/api/own-runs": "the caller's runs that wait for the caller's server",
    "/api/reports/leases": "the runs that are under way",
    "/api/changes/next": "what comes",
    "/api/sql/running": "statements that are under way",
    "/api/sql/running/{job_id}": "a statement that is under way",
    "/api/brokers": "which brokers may be asked",
    "/api/requests/queues": "where telescopes may be asked",
    "/api/brokers/{name}/objects": "what a broker outside says now",
    "/api/brokers/{name}/objects/{object_id}": "what a broker outside says now",
    "/api/brokers/{name}/objects/{object_id}/{candid}/{kind}.fits": "what a broker outside has now",
    "/api/streams/{name}/position": "from where a stream goes on",
    "/api/objects/{object_id}/survey-image": "what a service outside has now",
    "/api/care/check": "whether the data fit together",
}
"""Reads that are about the present alone, and why."""

PRESENT_IN_CLIENT = {
    "Sky": {"me", "news", "broker", "brokers", "survey_image"},
    "Requests": {"queues"},
    "Sql": {"columns", "names", "running", "progress"},
    "Groups": {"users"},
    "Streams": {"refused_message"},
    "Tokens": {"__call__"},
}
"""Reads of the client that are about the present alone."""

WRITING_IN_CLIENT = {
    "Attachments": {"upload"},
    "Candidates": {"decide"},
    "Catalogs": {"add", "load"},
    "Circulars": {"draft", "write", "unite", "review", "approve", "withdraw", "send", "tell"},
    "Classifications": {"add_probabilities", "vote"},
    "Contexts": {"match"},
    "Changes": {"subscribe", "close"},
    "Events": {"fetch_again", "hold", "ingest"},
    "Fits": {"request", "run", "store"},
    "Filters": {"add", "activate", "deactivate", "function", "trial"},
    "Galaxies": {"add"},
    "Injections": {"prepare", "close"},
    "GroupTemplates": {"fork", "upload", "store", "dry_run", "activate", "deactivate"},
    "Groups": {"create", "change", "add_member", "remove_member", "add_admin", "remove_admin", "set_streams"},
    "Instruments": {"set_fields"},
    "KeepsTables": {"save_table", "share_table", "drop_table"},
    "Lists": {"toggle"},
    "Localizations": {"add", "combine", "upload", "without_earth"},
    "Messages": {"read"},
    "Observations": {"add", "remove"},
    "PersistentSearches": {"run"},
    "Plans": {"approve", "save", "save_together", "send"},
    "PublishedCirculars": {"ingest", "confirm", "mark"},
    "Records": {"add_all", "edit", "remove", "share"},
    "Reports": {"cancel", "request", "request_verification", "record"},
    "Requests": {"submit", "cancel", "retrieve"},
    "SendingRules": {"on", "off"},
    "Shifts": {"join", "leave", "ask_replacement", "replace"},
    "Sky": {"upload_photometry", "share_photometry", "remove_photometry", "close"},
    "Sources": {"save", "unsave"},
    "Spectra": {"upload"},
    "Sql": {"cancel"},
    "Streams": {"pause", "resume", "retry"},
    "Tokens": {"make", "revoke"},
    "TreasureMapPointings": {"share", "fetch", "cancel", "request_doi"},
}
"""Methods of the client that are no reads."""


def _without_as_of() -> set[str]:
    """The GET routes that have no ``as_of``."""
    paths = interface().document["paths"]
    reads = {path: operations["get"] for path, operations in paths.items() if "get" in operations}
    assert len(reads) > 30
    return {path for path, read in reads.items() if "as_of" not in {p["name"] for p in read.get("parameters", [])}}


def test_every_read_of_the_service_takes_as_of() -> None:
    assert _without_as_of() == PRESENT.keys()


def test_every_read_of_the_client_takes_as_of(sky: Sky) -> None:
    classes = {
        ancestor
        for part in (sky, *vars(sky).values())
        for ancestor in type(part).__mro__
        if ancestor.__module__.startswith("skyhub.client.") and ancestor is not Transport
    }
    assert len(classes) > 15
    without = {
        (kind.__name__, name)
        for kind in classes
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and (name == "__call__" or not name.startswith("_"))
        if "as_of" not in inspect.signature(method).parameters
    }
    listed = (PRESENT_IN_CLIENT, WRITING_IN_CLIENT)
    assert without == {(kind, name) for table in listed for kind, names in table.items() for name in names}


@pytest.fixture
def before(house: Database) -> datetime:
    """When nothing was known yet."""
    [row] = house.reader.rows(ADMINISTRATOR, "SELECT min(known_at) AS at FROM @objects")
    first: datetime = row["at"]
    return first.replace(tzinfo=UTC) - timedelta(days=1)


def _after(db: Database) -> datetime:
    """A time at which all is known that was written until now, and nothing that comes."""
    return db.writer.write(lambda transaction: transaction.now)


@pytest.mark.parametrize("text", ["ZTF26public", "26", "150 2.5"])
def test_objects_are_found_from_when_they_are_known(house: Database, before: datetime, text: str) -> None:
    now = find_objects(house, ADMINISTRATOR, text, 3600.0)
    assert "ZTF26public" in {found["object_id"] for found in now}
    assert find_objects(house, ADMINISTRATOR, text, 3600.0, before) == []
    assert find_objects(house, ADMINISTRATOR, text, 3600.0, _after(house)) == now


def test_an_object_that_came_later_was_not_there(house: Database) -> None:
    then = _after(house)
    row = {"object_id": "ZTF26later", "ra": 150.0, "dec": 2.5, "acl": 0}
    [place] = house.reader.rows(ADMINISTRATOR, "SELECT hpx FROM @objects WHERE object_id = 'ZTF26public'")
    house.writer.write(lambda transaction: transaction.insert("objects", [{**row, "hpx": place["hpx"]}]))
    for text in ("ZTF26later", "150 2.5"):
        now, earlier = (find_objects(house, ADMINISTRATOR, text, 10.0, as_of) for as_of in (None, then))
        assert {found["object_id"] for found in now} - {found["object_id"] for found in earlier} == {"ZTF26later"}


def test_a_name_leads_to_an_object_while_it_is_its_name(house: Database) -> None:
    def found(as_of: datetime | None) -> list[str]:
        return [o["alias"] for o in find_objects(house, ADMINISTRATOR, "2026", as_of=as_of)]

    times = [_after(house)]
    [record] = add(house, ADMINISTRATOR, ALIASES, [{"object_id": "ZTF26public", "alias": "SN 2026abc"}])["records"]
    times.append(_after(house))
    edit(house, ADMINISTRATOR, ALIASES, int(record["alias_id"]), {"alias": "SN 2026xyz"})
    times.append(_after(house))
    remove(house, ADMINISTRATOR, ALIASES, int(record["alias_id"]))
    assert [found(as_of) for as_of in (*times, None)] == [[], ["SN 2026abc"], ["SN 2026xyz"], []]


def test_nights_the_journal_and_the_rules_have_a_past(house: Database, before: datetime) -> None:
    assert queue_nights(house, ADMINISTRATOR)
    assert queue_nights(house, ADMINISTRATOR, as_of=before) == []
    assert audit(house, ADMINISTRATOR)
    assert audit(house, ADMINISTRATOR, as_of=before) == []
    assert explain(house, ADMINISTRATOR, "objects", "ZTF26public")["visible"]
    assert not explain(house, ADMINISTRATOR, "objects", "ZTF26public", before)["visible"]


def test_watch_lists_have_a_past(house: Database) -> None:
    then = _after(house)
    add(house, ADMINISTRATOR, LIST_ENTRIES, [{"object_id": "ZTF26public", "list_name": "hosts", "radius": 60}])
    assert [w["object_id"] for w in watches_at(house, ADMINISTRATOR, 150.0, 2.5)] == ["ZTF26public"]
    assert watches_at(house, ADMINISTRATOR, 150.0, 2.5, then) == []


def test_taxonomies_have_a_past(house: Database) -> None:
    hierarchy = {"class": "Time-domain Source", "subclasses": [{"class": "Old"}]}
    [record] = add(house, ADMINISTRATOR, TAXONOMIES, [{"name": "t", "edition": "1", "hierarchy": hierarchy}])["records"]
    then = _after(house)
    renamed = {**hierarchy, "subclasses": [{"class": "New"}]}
    edit(house, ADMINISTRATOR, TAXONOMIES, int(record["taxonomy_id"]), {"hierarchy": renamed})
    assert [t.name for t in taxonomy_tree(house, ADMINISTRATOR, "t")[1].taxa][1:] == ["New"]
    assert [t.name for t in taxonomy_tree(house, ADMINISTRATOR, "t", as_of=then)[1].taxa][1:] == ["Old"]
    with pytest.raises(InvalidInput, match="there is no taxonomy"):
        taxonomy_tree(house, ADMINISTRATOR, "t", as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_settings_of_groups_have_a_past(house: Database) -> None:
    then = _after(house)
    change_group(house, ADMINISTRATOR, "transients", {"description": "new"})
    now, earlier = (group_history(house, ADMINISTRATOR, "transients", as_of) for as_of in (None, then))
    assert len(now) == len(earlier) + 1


def test_runs_of_reports_have_a_past(house: Database) -> None:
    times = [_after(house)]
    number = request_run(house, ADMINISTRATOR, report_template("night_summary"), {})
    times.append(_after(house))
    assert claim_run(house, "worker")
    assert [len(list_runs(house, ADMINISTRATOR, as_of=as_of)) for as_of in times] == [0, 1]
    assert run_record(house, ADMINISTRATOR, number)["state"] == "running"
    assert run_record(house, ADMINISTRATOR, number, times[1])["state"] == "queued"
    with pytest.raises(NotFound):
        run_record(house, ADMINISTRATOR, number, times[0])


READS: dict[str, Callable[[Sky, Any], Any]] = {
    "find": lambda sky, as_of: sky.find("ZTF26", as_of=as_of),
    "nights": lambda sky, as_of: sky.candidates.nights(as_of=as_of),
    "audit": lambda sky, as_of: sky.audit(as_of=as_of).to_pandas().to_dict("records"),
    "explain": lambda sky, as_of: sky.explain("objects", "ZTF26public", as_of=as_of)["rows"],
    "runs": lambda sky, as_of: sky.reports.runs(as_of=as_of),
    "watching": lambda sky, as_of: sky.lists.watching(150.0, 2.5, as_of=as_of),
}


def test_the_client_asks_for_the_past(sky: Sky, house: Database, before: datetime) -> None:
    fields = {"object_id": "ZTF26public", "list_name": "hosts", "radius": 60}
    add(house, ADMINISTRATOR, LIST_ENTRIES, [fields])
    request_run(house, ADMINISTRATOR, report_template("night_summary"), {})
    for name, read in READS.items():
        assert len(read(sky, None)) > 0, name
        assert len(read(sky, before)) == 0, name
    assert sky.cutout(candid_of(0)).shape == (63, 63)
    with pytest.raises(NotFound):
        sky.cutout(candid_of(0), as_of=before)
    with pytest.raises(InvalidInput):
        sky.taxonomies.classes(as_of=before)
    with pytest.raises(NotFound):
        sky.groups.history("transients", as_of=datetime(2020, 1, 1, tzinfo=UTC))
