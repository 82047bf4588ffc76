"""The page of events: the list, one event as it was known, its counterparts and what is said of them."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
import pytest
import skyhub
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import SkyTable
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from skyhub_widgets._form import Form
from skyhub_widgets._skyplot import SkyPlot
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._aladin import aladin_html
from skyhub_widgets.dashboard._event import about_html
from skyhub_widgets.dashboard._event_galaxies import GalaxyPanel
from skyhub_widgets.dashboard._event_timeline import timeline_html
from skyhub_widgets.dashboard._event_triggers import trigger_rows
from skyhub_widgets.dashboard._events import EventsView
from support.houses import SCANNER
from support.notices import alert, burst
from support.services import Served

AROUND = b64encode(write_sky_map(skymap_of(Cone.from_90(150.0, 0.0, 20.0)))).decode()


@pytest.fixture(scope="module")
def eventful_house(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house after two notices."""
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("eventful") / "house"))
    with skyhub.connect(data_dir) as sky:
        sky.events.ingest(alert(time="2026-11-15T03:00:00.123Z", created="2026-11-15T03:01:00Z", skymap=AROUND))
        sky.events.ingest(burst())
    return data_dir


@pytest.fixture
def house_dir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    built = request.getfixturevalue("eventful_house" if "events" in request.fixturenames else "built_house")
    return Path(shutil.copytree(built, tmp_path / "house"))


@pytest.fixture
def events(page: PageOfTest) -> PageOfTest:
    """A page in the house after two notices."""
    return page


def _table(view: EventsView, key: str) -> list[dict[str, Any]]:
    return next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == key).records


@pytest.fixture
def scanning(served: Served, events: PageOfTest) -> Iterator[PageOfTest]:
    with served.sky(SCANNER) as sky:
        yield PageOfTest(sky)


def test_an_event_that_is_not_there_is_said(page: PageOfTest) -> None:
    view = EventsView(page)
    view.show({"event": "S999999z", "level": "wide"})
    assert "there is no event &#x27;S999999z&#x27;" in texts(view.box)


def test_the_list_and_its_filters(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({})
    assert [row["event"] for row in _table(view, "events")] == ["2026-11-22T03:00:00", "2026-11-15T03:00:00"]
    find(view.box, widgets.Text).value = "GW, BNS"
    assert [row["names"] for row in _table(view, "events")] == ["S261122a"]
    view.hear({"kind": "events"})
    find(view.box, RecordTable)._received(None, {"type": "clicked", "id": _table(view, "events")[0]["event_id"]}, None)
    assert events.went[-1] == ("events", {"event": "LVC#S261122a"})


def test_one_event_with_its_maps_sky_and_notices(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    [row] = _table(view, "event-maps")
    assert row["area_90"] == pytest.approx(1250, rel=0.02)
    assert f"Map {row['localization_id']}, " in texts(view.box)
    [notice] = _table(view, "event-notices")
    assert notice["property HasNS"] == "1"
    sky = find(view.box, SkyPlot)
    assert {f"Map {row['localization_id']} (50%, 90%)", "Galaxies", "Counterparts", "Sun", "Moon"} <= set(sky.layers)
    assert (row["centre"][:5], row["tags"], row["instruments"]) == ("09:59", "≥ 1000 deg²", "")
    find(view.box, widgets.Button, "Scan inside").click()
    assert events.went[-1] == ("scan", {"localization": row["localization_id"], "level": 0.9})
    find(view.box, widgets.Button, "Plan").click()
    assert events.went[-1] == ("plan", {"localization": row["localization_id"]})


def test_borders_of_several_localizations_are_drawn_in_colours_of_their_own(events: PageOfTest) -> None:
    nearer = b64encode(write_sky_map(skymap_of(Cone.from_90(151.0, 2.0, 5.0)))).decode()
    events.sky.events.ingest(
        alert("INITIAL", time="2026-11-15T03:00:00.123Z", created="2026-11-15T05:00:00Z", skymap=nearer)
    )
    view = EventsView(events)
    view.show({"event": "S261122a"})
    newest, older = (row["localization_id"] for row in _table(view, "event-maps"))
    boxes = [w for w in everything(view.box) if isinstance(w, widgets.Checkbox) and w.description[:1].isdigit()]
    assert [(box.value, box.disabled) for box in boxes] == [(True, True), (False, False)]
    boxes[1].value = True
    assert events.kept == {"view": "events", "event": "S261122a", "maps": older}
    drawn = {one["name"]: one["colour"] for one in find(view.box, SkyPlot).data if "(50%, 90%)" in one["name"]}
    assert drawn == {f"Map {newest} (50%, 90%)": "accent", f"Map {older} (50%, 90%)": "warning"}
    again = EventsView(events)
    again.show({"event": "S261122a", "maps": f"{older},999"})
    assert {f"Map {newest} (50%, 90%)", f"Map {older} (50%, 90%)"} <= set(find(again.box, SkyPlot).layers)


def test_what_is_said_of_an_event_with_files_and_who_looks_after_it(scanning: PageOfTest) -> None:
    view = EventsView(scanning)
    view.show({"event": "S261122a"})
    assert "nobody yet" in texts(view.box)
    find(view.box, widgets.Textarea).value = "**Bright** host"
    find(view.box, widgets.FileUpload).value = (
        {
            "name": "host<1>.txt",
            "type": "text/plain",
            "size": 4,
            "content": b"seen",
            "last_modified": datetime.now(UTC),
        },
    )
    find(view.box, widgets.Button, "Send").click()
    find(view.box, widgets.Button, "Look after it").click()
    said = texts(view.box)
    assert "<strong>Bright</strong> host" in said
    assert 'download="host&lt;1&gt;.txt" href="data:application/octet-stream;base64,c2Vlbg=="' in said
    assert "Advocates: scanner" in said
    [comment] = scanning.sky.comments.rows(about_table="events")
    assert comment["groups"] == ["transients"]
    find(view.box, widgets.Button, "Step back").click()
    assert "nobody yet" in texts(view.box)


def test_what_people_say_reads_no_event_anew(scanning: PageOfTest, monkeypatch: pytest.MonkeyPatch) -> None:
    view, read = EventsView(scanning), list[str]()
    view.show({"event": "S261122a"})
    about = {"about_table": "events", "about_id": str(view._panel._event["event_id"])}
    scanning.sky.comments.add(text="Seen by eye", **about)
    monkeypatch.setattr(view._panel, "refresh", lambda: read.append("event"))
    monkeypatch.setattr(view, "_refresh", lambda: read.append("list"))
    view.hear({"kind": "comments", **about})
    assert "Seen by eye" in texts(view.box)
    view.show({})
    read.clear()
    for kind in ("comments", "advocates"):
        view.hear({"kind": kind, **about})
    assert read == []
    view.hear({"kind": "events", "event_id": about["about_id"]})
    assert read == ["list"]


def test_the_horizon_of_a_telescope_follows_the_slider(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    sky = find(view.box, SkyPlot)
    assert "Horizon" not in sky.layers
    find(view.box, widgets.Dropdown, "Horizon of").value = "P48"
    assert {"Horizon", "Airmass 2", "90° from the Sun"} <= set(sky.layers)
    [before] = [one["lon"] for one in sky.data if one["name"] == "Horizon"]
    find(view.box, widgets.FloatSlider, "Hours").value = 6
    [after] = [one["lon"] for one in sky.data if one["name"] == "Horizon"]
    assert before != after
    find(view.box, widgets.Dropdown, "Horizon of").value = ""
    assert "Horizon" not in sky.layers


def test_allocations_are_triggered_or_passed_on_with_their_plans_and_requests(events: PageOfTest) -> None:
    events.sky.allocations.add(title="Kilonovae", pi="Vera", instrument="ZTF", groups=["transients"])
    view = EventsView(events)
    view.show({"event": "S261122a"})
    table = next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == "event-triggers")
    [row] = table.records
    assert (row["title"], row["decision"], row["plans"], row["requests"]) == ("Kilonovae", None, "", "")
    table._received(None, {"type": "clicked", "id": row["allocation_id"]}, None)
    assert "nothing was decided yet" in texts(view.box)
    find(view.box, widgets.Button, "Passed on").click()
    [made] = events.sky.event_triggers.rows()
    assert made["groups"] == ["transients"]
    assert table.records[0]["decision"] == "passed"
    find(view.box, widgets.Button, "Triggered").click()
    assert (table.records[0]["decision"], table.records[0]["by"]) == ("triggered", events.me["name"])
    view.hear({"kind": "event_triggers", "event_id": view._panel._event["event_id"]})
    view._panel._triggers.show(view._panel._event, "2100-01-01T00:00:00Z")
    assert view._panel._triggers._form.layout.display == "none"


def test_rows_of_allocations_count_plans_of_the_instrument_and_requests_on_their_time() -> None:
    allocations = [
        {"allocation_id": str(number), "title": f"A{number}", "pi": "Vera", "instrument": name}
        for number, name in ((1, "ZTF"), (2, "DECam"))
    ]
    plans = [{"plan_id": str(n), "instrument": "ZTF", "state": state} for n, state in ((7, "draft"), (8, "sent"))]
    requests = [
        {"allocation_id": "1", "plan_id": "8", "state": "submitted"},
        {"allocation_id": "1", "plan_id": "9", "state": "submitted"},
        {"allocation_id": "2", "plan_id": None, "state": "queued"},
    ]
    ztf, decam = trigger_rows(allocations, [], plans, requests)
    assert (ztf["plans"], ztf["requests"]) == ("1 draft, 1 sent", "1 submitted")
    assert (decam["plans"], decam["requests"]) == ("", "")


def test_the_timeline_draws_notices_and_localizations_by_the_time_since_t0(events: PageOfTest) -> None:
    events.sky.events.ingest(alert("RETRACTION", created="2026-11-15T05:00:00Z"))
    event = events.sky.events.get("S261122a")
    wide, narrow = timeline_html(event).split("</svg>")[:2]
    assert ("skyhub-wide-timeline" in wide, "skyhub-narrow-timeline" in narrow) == (True, True)
    at = [float(x) for x in re.findall(r'<circle cx="([0-9.]+)"', narrow)]
    assert at[0] == at[2] < at[1] == 336  # all of it is in sight of a phone
    drawn = wide
    assert "<title>LVC_PRELIMINARY, T0 + 59.9 s</title>" in drawn
    assert "<title>LVC_RETRACTION, T0 + 2 h</title>" in drawn
    assert f"map {event['localizations'][0]['localization_id']}, 90 % in 1233 deg²" in drawn
    assert drawn.count("<circle") == 3
    at = [float(x) for x in re.findall(r'<circle cx="([0-9.]+)"', drawn)]
    assert at[0] == at[2] < at[1] == 876  # the map came with the first notice; the last notice is at the right edge
    assert "stroke-dasharray" not in drawn
    assert "stroke-dasharray" in timeline_html(event, "2026-11-15T04:00:00Z")
    assert "<b>" not in timeline_html({**event, "notices": [{**event["notices"][0], "notice_type": "<b>"}]})


def test_aladin_is_asked_for_by_a_button_in_a_frame_that_reaches_nothing_here(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    assert "aladin" not in texts(view.box)
    find(view.box, widgets.Button, "Aladin Lite").click()
    frame = next(text for text in map(texts, everything(view.box)) if "aladin.js" in text)
    assert 'sandbox="allow-scripts"' in frame
    assert "ZTF26public" in frame
    find(view.box, widgets.Button, "Close Aladin Lite").click()
    assert "aladin.js" not in texts(view.box)
    hostile = aladin_html(1.0, 2.0, 3.0, [], [{"name": "x", "color": "bad", "points": [[0, 0, "</script><b>"]]}])
    assert "</script><b>" not in unescape(hostile)


def test_counterparts_are_narrowed_and_galaxies_listed_with_their_completeness(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    everyone = {row["object_id"] for row in _table(view, "counterparts")}
    assert "ZTF26public" in everyone
    find(view.box, widgets.Dropdown, "Of").value = "known"
    assert {row["object_id"] for row in _table(view, "counterparts")} < everyone
    find(view.box, widgets.Dropdown, "Of").value = "all"
    find(view.box, widgets.BoundedIntText, "Days").value = 1
    assert "ZTF26public" not in {row["object_id"] for row in _table(view, "counterparts")}
    assert "0 galaxies inside." in texts(view.box)
    assert _table(view, "event-galaxies") == []
    about = {"total": "1200", "completeness": "0.4321"}
    one = {"galaxy_id": 2**60, "name": "NGC 4993", "share": 0.25, "ra": 197.4, "dec": -23.4}
    panel = GalaxyPanel()
    panel.show(SkyTable(pa.Table.from_pylist([one]).replace_schema_metadata(about)))
    assert "1,200 galaxies inside, the first 1 are shown. In the volume of the level they have 43% of" in texts(
        panel.box
    )
    [row] = find(panel.box, RecordTable).records
    assert (row["galaxy_id"], row["percent"]) == (str(2**60), 25.0)
    panel.show(None)
    assert "none has come yet" in texts(panel.box)


def test_a_report_on_the_event_is_asked_for(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    find(view.box, widgets.Button, "Report").click()
    where, params = events.went[-1]
    assert where == "reports"
    [run] = [one for one in events.sky.reports.runs() if one["report_id"] == params["report_id"]]
    assert (run["name"], run["parameters"]["event"]) == ("event_summary", "LVC#S261122a")


def test_how_a_map_fares_that_lies_elsewhere(page: PageOfTest) -> None:
    page.sky.events.ingest(alert(skymap_link="https://gracedb.ligo.org/x.multiorder.fits"))
    view = EventsView(page)
    view.show({"event": "S261122a"})
    [notice] = _table(view, "event-notices")
    assert notice["elsewhere"] == "not permitted: its host is none of maps.hosts."


def test_tables_stay_when_an_event_is_read_anew(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    tables = [w for w in everything(view.box) if isinstance(w, RecordTable)]
    view.hear({"kind": "events", "event_id": view._panel._event["event_id"]})
    assert [w for w in everything(view.box) if isinstance(w, RecordTable)] == tables


def test_another_map_is_looked_into_at_the_level_that_is_chosen(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    find(view.box, widgets.Dropdown, "Level").value = 0.5
    [row] = _table(view, "event-maps")
    view._panel._maps._received(None, {"type": "clicked", "id": row["localization_id"]}, None)
    assert events.went[-1] == ("events", {"event": "S261122a", "localization": row["localization_id"], "level": 0.5})


def test_a_scanner_says_what_an_object_is_held_for(scanning: PageOfTest) -> None:
    view = EventsView(scanning)
    view.show({"event": "S261122a"})
    assert "ZTF26public" in {row["object_id"] for row in _table(view, "counterparts")}
    table = next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == "counterparts")
    table._received(None, {"type": "clicked", "id": "ZTF26public"}, None)
    find(view.box, widgets.Button, "Reject").click()
    held = {row["object_id"]: row["status"] for row in _table(view, "counterparts")}
    assert held["ZTF26public"] == "rejected"
    find(view.box, widgets.Button, "Open source").click()
    assert scanning.went[-1] == ("source", {"object_id": "ZTF26public"})


def test_before_it_was_known_nothing_is_shown_and_the_slider_comes_back(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    slider = find(view.box, widgets.SelectionSlider)
    known = view._panel._known.layout
    slider.value = 2
    assert "not known here then" in texts(view.box)
    assert known.display == "none"
    view.show({"event": "1234567"})
    assert (slider.value, known.display) == (0.0, None)
    assert "not known" not in texts(view.box)


def test_the_slider_offers_the_times_at_which_notices_came(events: PageOfTest) -> None:
    events.sky.events.ingest(alert("INITIAL", time="2026-11-15T03:00:00.123Z", created="2026-11-15T05:00:00Z"))
    view = EventsView(events)
    view.show({"event": "S261122a"})
    slider = find(view.box, widgets.SelectionSlider)
    came = [label for label, _ in slider.options if label.startswith("LVC_")]
    assert [label.partition(",")[0] for label in came] == ["LVC_PRELIMINARY", "LVC_INITIAL"]
    slider.value = dict(slider.options)[came[0]]
    assert [row["notice_type"] for row in _table(view, "event-notices")] == ["LVC_PRELIMINARY"]
    slider.value = dict(slider.options)[came[1]]
    assert len(_table(view, "event-notices")) == 2


def test_without_a_map_it_is_said_that_nothing_can_be_looked_for(page: PageOfTest) -> None:
    page.sky.events.ingest(alert())
    view = EventsView(page)
    view.show({"event": "S261122a"})
    table = next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == "counterparts")
    assert "none has come yet" in table.empty_text
    assert "No localization has come yet" in texts(view.box)


def test_a_contour_that_is_cut_is_not_closed(page: PageOfTest) -> None:
    around_zero = b64encode(write_sky_map(skymap_of(Cone.from_90(0.0, 30.0, 10.0)))).decode()
    page.sky.events.ingest(alert(skymap=around_zero))
    view = EventsView(page)
    view.show({"event": "S261122a"})
    [layer] = [one for one in find(view.box, SkyPlot).data if one["name"].endswith("(50%, 90%)")]
    assert layer["kind"] == "lines"
    assert len(layer["starts"]) > 2, "both levels are cut"


def test_what_is_told_is_escaped() -> None:
    event = {"event": "<e>", "role": "<r>", "retracted": True, "aliases": ["<a>"], "tags": ["<t>"]}
    html = about_html(event)
    assert "was retracted" in html
    assert not any(tag in html for tag in ("<e>", "<r>", "<a>", "<t>"))


def test_what_was_observed_is_told_when_it_is_asked_for(events: PageOfTest) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    find(view.box, widgets.Button, "What was observed").click()
    assert "No observations of this localization since its time are known here." in texts(view.box)
    sky = find(view.box, SkyPlot)
    log = {
        "ra": [150.0, 151.0, 151.0], "dec": [0.0, 0.0, 0.0], "filter": ["o", "o", "c"], "limmag": [19.0, 19.5, 19.7],
        "time": [f"2026-11-15T0{hour}:00:00" for hour in (1, 4, 5)], "exptime": [30.0] * 3,
    }  # fmt: skip
    events.sky.observations.add(log, "ATLAS")
    view.show({"event": "S261122a", "level": "0.5"})
    find(view.box, widgets.Button, "What was observed").click()
    assert "2 exposures of 1 pointings with ATLAS" in texts(view.box)
    rows = {row["what"]: row for row in _table(view, "event-observed")}
    assert rows.keys() == {"at least 1×", "at least 2×", "atlasc", "atlaso"}
    assert rows["at least 1×"]["area"] == pytest.approx(5.46**2, rel=0.01)
    assert rows["at least 1×"]["depth"] == 19.7
    assert "Pointings" in sky.layers
    maps = re.findall(r'href="/skyhub(/api/[^"]*\.fits)"', texts(view.box))
    assert [events.sky.transport.get_bytes(path, nside=16)[:6] for path in maps] == [b"SIMPLE"] * 3
    bring = find(view.box, widgets.Button, "Bring a log in")
    bring.click()
    store, file = find(view.box, widgets.Button, "Store this log"), find(view.box, widgets.FileUpload)
    store.click()
    assert "choose a log first" in texts(view.box)
    find(view.box, widgets.Dropdown, "Observed with").value = "ATLAS"
    for text, said in (
        ("ra,dec,time\n150.0,95.0,2026-11-15T06:00:00\n", "Nothing was stored. row 1:"),
        ("ra,dec,time,filter,limmag\n150.0,0.0,2026-11-15T06:00:00,o,19.2\n", "1 observations were read: 1 stored"),
    ):
        file.value = (
            {
                "name": "log.csv",
                "type": "text/csv",
                "size": len(text),
                "content": text.encode(),
                "last_modified": datetime.now(UTC),
            },
        )
        store.click()
        assert said in texts(view.box)
    assert {row["what"]: row for row in _table(view, "event-observed")}["at least 1×"]["n_observations"] == 3
    view.show({"event": "S261122a", "level": "0.9"})
    assert _table(view, "event-observed") == []


CIRCULAR = {
    "circularId": 34999,
    "subject": "LIGO/Virgo/KAGRA S261122a: <b>seen</b>",
    "submitter": "A. Author at Institute <a@example.org>",
    "createdOn": 1795400000000,
    "body": "A. Author reports:\n\nAt RA, Dec = 150.0, 2.0 at MJD 61366.208333 we measure r = 19.64 +/- 0.05 mag <AB>.",
}


def _press(view: EventsView, key: str, number: Any) -> None:
    table = next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == key)
    table._received(None, {"type": "clicked", "id": str(number)}, None)


def test_circulars_about_an_event_are_listed_opened_and_their_magnitudes_confirmed(
    events: PageOfTest, tmp_path: Path
) -> None:
    view = EventsView(events)
    view.show({"event": "S261122a"})
    assert _table(view, "event-circulars") == []
    (tmp_path / "34999.json").write_text(json.dumps(CIRCULAR))
    events.sky.published_circulars.ingest(tmp_path)
    view.hear({"kind": "published_circulars"})
    [row] = _table(view, "event-circulars")
    assert (row["number"], row["submitter"], row["linked_by"]) == (34999, "A. Author at Institute", "its subject")
    _press(view, "event-circulars", 34999)
    told = texts(view.box)
    assert "&lt;b&gt;seen" in told
    assert "mag &lt;AB&gt;" in told
    assert "https://gcn.nasa.gov/circulars/34999" in told
    values = {one["kind"]: one for one in _table(view, "circular-readings")}
    assert values["magnitude"]["value"] == "19.64 ± 0.05 mag"
    assert values["position"]["value"] == "150.00000, +2.00000 deg"
    form = next(w for w in everything(view.box) if isinstance(w, Form) and "magsys" in w.texts)
    _press(view, "circular-readings", values["magnitude"]["circular_reading_id"])
    assert form.texts["time"] == "61366.208333"
    form.fill(object_id="ZTF26public", filter="Q")
    form.button.click()
    assert "no bandpass" in texts(form)
    form.fill(filter="sdssr")
    form.button.click()
    assert "ZTF26public has a point of GCN Circ. 34999 now." in texts(view.box)
    find(view.box, widgets.Button, "ZTF26public").click()
    assert events.went[-1] == ("source", {"object_id": "ZTF26public"})
    assert "GCN Circ. 34999" in events.sky.photometry("ZTF26public")["origin"].to_pylist()


def test_a_circular_is_marked_as_unrelated_and_left_out_of_the_list(events: PageOfTest, tmp_path: Path) -> None:
    view = EventsView(events)
    (tmp_path / "34999.json").write_text(json.dumps(CIRCULAR))
    events.sky.published_circulars.ingest(tmp_path)
    view.show({"event": "S261122a"})
    _press(view, "event-circulars", 34999)
    reason = find(view.box, widgets.Text, "GCN Circ. 34999")
    reason.value = "<i>another</i> burst"
    find(view.box, widgets.Button, "Unrelated").click()
    [row] = _table(view, "event-circulars")
    assert (row["status"], row["reason"]) == ("unrelated", "<i>another</i> burst")
    listed = find(view.box, widgets.Dropdown, "Show")
    listed.value = "Not unrelated"
    assert _table(view, "event-circulars") == []
    listed.value = "Unrelated"
    assert [row["number"] for row in _table(view, "event-circulars")] == [34999]
    find(view.box, widgets.Button, "Retracted").click()
    assert _table(view, "event-circulars") == []
    told = texts(view.box)
    assert "retracted: &lt;i&gt;another" in told
    assert "<i>another" not in told


def test_who_may_not_upload_is_not_asked_for_points(scanning: PageOfTest, events: PageOfTest, tmp_path: Path) -> None:
    (tmp_path / "34999.json").write_text(json.dumps(CIRCULAR))
    events.sky.published_circulars.ingest(tmp_path)
    view = EventsView(scanning)
    view.show({"event": "S261122a"})
    _press(view, "event-circulars", 34999)
    form = next(w for w in everything(view.box) if isinstance(w, Form) and "magsys" in w.texts)
    for row in _table(view, "circular-readings"):
        _press(view, "circular-readings", row["circular_reading_id"])
        assert next(w for w in everything(view.box) if form in getattr(w, "children", ())).layout.display == "none"
