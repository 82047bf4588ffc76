"""The light curve on the page of an object: its points, what is done with them, the address, what others change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import Sky
from skyhub.db import Viewer
from skyhub.errors import NotFound, PermissionRefused
from skyhub_widgets import LightCurve, SkyPoints
from skyhub_widgets.dashboard._source import SourceView
from support.houses import ingest
from support.packets import JD, record, write_packets
from support.services import Served

OBJECT, OTHER = "ZTF26curve", "ZTF26other"
RIGHTS = frozenset({"view", "save", "upload"})
VERA = Viewer("vera", frozenset({"transients"}), scopes=RIGHTS)
OLAF = Viewer("olaf", frozenset({"transients", "bursts"}), scopes=RIGHTS)
READER = Viewer("rita", frozenset({"transients"}), scopes=frozenset({"view"}))
POINTS = {"mjd": [60000.0, 60001.0, 60003.5], "filter": ["ztfg", "ztfr", "ztfg"], "mag": [19.5, 19.1, 19.3]}


def upload(sky: Sky, mjd: list[float], group: str = "transients") -> None:
    columns = {"mjd": mjd, "filter": ["ztfr"] * len(mjd), "mag": [19.0] * len(mjd), "magerr": [0.1] * len(mjd)}
    sky.upload_photometry(columns, OBJECT, groups=[group])


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as sky:
        sky.sources.save(OBJECT, ["transients"], ra=150.0, dec=20.0)
        sky.sources.save(OTHER, ["transients"], ra=11.0, dec=20.0)
        sky.upload_photometry({**POINTS, "magerr": [0.1] * 3}, OBJECT, groups=["transients"])
        yield sky


@pytest.fixture
def olaf(served: Served, vera: Sky) -> Iterator[Sky]:
    with served.sky(OLAF) as sky:
        yield sky


@pytest.fixture
def view(vera: Sky) -> SourceView:
    made = SourceView(PageOfTest(vera))
    made.show({"object_id": OBJECT})
    return made


def drawn(view: SourceView) -> LightCurve:
    return find(view.box, LightCurve)


def reads(monkeypatch: pytest.MonkeyPatch, sky: Sky) -> list[str]:
    """The objects that are read from now on."""
    names: list[str] = []
    source = sky.source

    def counted(object_id: str) -> dict[str, Any]:
        names.append(object_id)
        return source(object_id)

    monkeypatch.setattr(sky, "source", counted)
    return names


def last_change(sky: Sky, kind: str) -> dict[str, Any]:
    """A live change of the object as the newest one of the journal has it."""
    return {"kind": kind, "object_id": OBJECT, "seq": sky.source(OBJECT)["seq"]}


def ask(widget: LightCurve, **message: Any) -> dict[str, Any]:
    """What the widget answers its view."""
    told: list[dict[str, Any]] = []
    widget._post = told.append
    widget._received(widget, message, [])
    return told[-1]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"lc_x_axis": "phase"}, "x_axis = phase"),
        ({"lc_y_axis": "absmag"}, "y_axis = absmag"),
        ({"lc_period": "0"}, "period = 0"),
        ({"lc_period": "short"}, "period = short"),
        ({"lc_cycles": "3"}, "cycles = 3"),
        ({"lc_extinction_corrected": "perhaps"}, "extinction_corrected = perhaps"),
        ({"lc_t0": "nan"}, "t0 = nan"),
    ],
)
def test_what_an_address_cannot_show_is_said(view: SourceView, params: dict[str, str], says: str) -> None:
    view.show({"object_id": OBJECT, **params})
    assert f"The address says what cannot be shown: {says}." in texts(view.box)
    assert (drawn(view).x_axis, drawn(view).y_axis, drawn(view).period) == ("mjd", "mag", None)
    view.show({"object_id": OBJECT, "lc_x_axis": "days"})
    assert "cannot be shown" not in texts(view.box)


def test_what_is_known_of_the_object_is_told_to_its_light_curve(vera: Sky, view: SourceView) -> None:
    curve = drawn(view)
    assert curve.ebv == vera.source(OBJECT)["dust"]["ebv"]
    assert (curve.redshift, curve.distance_modulus) == (None, None)
    vera.redshifts.add(object_id=OBJECT, groups=["transients"], redshift=0.03, type="spectroscopic")
    view.hear(last_change(vera, "redshifts") | {"seq": 10**9})
    assert curve.redshift == pytest.approx(0.03)
    assert curve.distance_modulus == vera.source(OBJECT)["distance"]["distance_modulus"]
    view.show({"object_id": OTHER})
    assert (curve.redshift, curve.distance_modulus) == (None, None)


def test_the_address_shows_the_same_again(vera: Sky, view: SourceView) -> None:
    curve = drawn(view)
    curve.period, curve.epoch, curve.x_axis, curve.cycles = 0.7315, 60000.25, "phase", 1
    curve.y_axis, curve.extinction_corrected, curve.hidden_filters = "flux", True, ["ztfr"]
    page: Any = view._page
    assert page.kept["lc_period"] == "0.7315"
    assert "lc_ebv" not in page.kept
    again = SourceView(PageOfTest(vera))
    again.show({name: str(value) for name, value in page.kept.items()})
    for name in ("period", "epoch", "x_axis", "cycles", "y_axis", "extinction_corrected", "hidden_filters"):
        assert getattr(drawn(again), name) == getattr(curve, name), name


def test_what_was_chosen_stays_with_its_object(view: SourceView) -> None:
    curve, page = drawn(view), view._page
    curve.x_axis = "days"
    view.show({"object_id": OBJECT})
    assert curve.x_axis == "days"
    view.show({"object_id": OTHER})
    assert curve.x_axis == "mjd"
    assert page.kept == {"view": "source", "object_id": OTHER}  # type: ignore[attr-defined]


def test_points_of_others_appear_and_the_view_stays(olaf: Sky, view: SourceView) -> None:
    curve = drawn(view)
    key = curve.data["key"]
    upload(olaf, [60004.0])
    view.hear(last_change(olaf, "photometry"))
    assert curve.photometry["mjd"].tolist() == [60000.0, 60001.0, 60003.5, 60004.0]
    assert curve.data["key"] == key
    upload(olaf, [60005.0], "bursts")
    view.hear({"kind": "photometry", "objects": 500, "seq": 10**9})
    assert len(curve.photometry["mjd"]) == 4
    view.show({"object_id": OTHER})
    assert curve.data["key"] != key
    assert len(curve.photometry["mjd"]) == 0


def test_only_changes_that_were_not_read_yet_are_read(
    olaf: Sky, vera: Sky, view: SourceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = reads(monkeypatch, vera)
    olaf.comments.add(object_id=OBJECT, text="one", groups=["transients"])
    first = last_change(olaf, "comments")
    olaf.comments.add(object_id=OBJECT, text="two", groups=["transients"])
    second = last_change(olaf, "comments")
    view.hear(first)
    view.hear(second)
    assert names == [OBJECT]
    assert "<p>two</p>" in texts(view.box)
    view.hear({**second, "seq": second["seq"] + 1, "object_id": OTHER})
    view.hear({**second, "seq": second["seq"] + 1, "kind": "report"})
    view.box.layout.display = "none"
    view.hear({**second, "seq": second["seq"] + 1})
    assert names == [OBJECT]


def test_after_a_deed_the_object_is_read_once(vera: Sky, view: SourceView, monkeypatch: pytest.MonkeyPatch) -> None:
    view._panels.panels.unfold("Comment")
    find(view._panels, widgets.Textarea).value = "rising"
    names = reads(monkeypatch, vera)
    find(view._panels, widgets.Button, "Send").click()
    assert names == [OBJECT]
    view.hear({"kind": "comments", "object_id": OBJECT, "seq": view._seq})
    assert names == [OBJECT]


def test_an_object_that_one_may_see_no_more_is_gone(served: Served, olaf: Sky) -> None:
    olaf.sources.save("ZTF26secret", ["bursts"], ra=30.0, dec=-10.0)
    view = SourceView(PageOfTest(olaf))
    view.show({"object_id": "ZTF26secret"})
    with served.sky(VERA) as blind:
        view._page.sky = blind
        view.hear({"kind": "sources", "object_id": "ZTF26secret", "seq": 10**9})
    assert "there is no object" in texts(view.box)
    assert view._known.layout.display == "none"


def test_points_are_flagged_with_the_reason_and_the_rest_stays(vera: Sky, olaf: Sky, view: SourceView) -> None:
    curve = drawn(view)
    curve.x_axis = "days"
    message = {"type": "flag", "indices": [0, 2], "validated": False, "explanation": "a satellite"}
    assert ask(curve, **message)["message"] == "2 points: bad."
    assert olaf.source(OBJECT)["photometry"]["validated"] == [False, None, False]
    assert curve.photometry["validated"][[0, 2]].tolist() == [0.0, 0.0]
    rows = olaf.photometry_validations.rows()
    assert {(row["author"], row["explanation"]) for row in rows} == {("vera", "a satellite")}
    assert ask(curve, **{**message, "validated": True})["message"] == "2 points: good."
    assert curve.x_axis == "days"


def test_a_flag_of_somebody_else_appears(vera: Sky, olaf: Sky, view: SourceView) -> None:
    number = olaf.source(OBJECT)["photometry"]["photometry_id"][1]
    SkyPoints(olaf, OBJECT).flag([number], False, "")
    view.hear({"kind": "photometry_validations", "photometry_id": "1" + number, "seq": 10**9})
    assert np.isnan(drawn(view).photometry["validated"]).all()
    view.hear({"kind": "photometry_validations", "photometry_id": number, "seq": 10**9})
    assert drawn(view).photometry["validated"][1] == 0


def test_points_are_removed_by_those_who_may_and_their_reductions_told(vera: Sky, olaf: Sky, view: SourceView) -> None:
    curve = drawn(view)
    assert ask(curve, type="history", indices=[1])["versions"][0]["owner"] == "vera"
    assert ask(curve, type="remove", indices=[1])["message"] == "1 point: removed."
    assert olaf.photometry(OBJECT).to_rows()[1]["mjd"] == 60003.5
    assert curve.photometry["mjd"].tolist() == [60000.0, 60003.5]
    desk = SkyPoints(olaf, OBJECT)
    with pytest.raises(PermissionRefused):
        desk.remove([str(olaf.photometry(OBJECT).to_rows()[0]["photometry_id"])])
    with pytest.raises(NotFound):
        desk.history("999999")
    assert len(olaf.photometry(OBJECT).to_rows()) == 2


def test_those_who_may_only_look_are_offered_the_history_and_refused_the_rest(served: Served, vera: Sky) -> None:
    number = str(vera.photometry(OBJECT).to_rows()[0]["photometry_id"])
    with served.sky(READER) as sky:
        desk = SkyPoints(sky, OBJECT)
        assert list(desk.may) == ["history"]
        assert desk.history(number)[0]["mag"] == pytest.approx(19.5)
        with pytest.raises(PermissionRefused):
            desk.flag([number], False, "")
        with pytest.raises(PermissionRefused):
            desk.remove([number])
    assert vera.source(OBJECT)["photometry"]["validated"] == [None, None, None]


def test_numbers_of_points_are_texts_in_json(served: Served, vera: Sky) -> None:
    rows = served.get(f"/api/photometry/{OBJECT}", served.token_of(VERA)).json()["rows"]
    assert [type(row["photometry_id"]) for row in rows] == [str, str, str]
    assert vera.source(OBJECT)["photometry"]["photometry_id"] == [row["photometry_id"] for row in rows]


def test_points_that_a_packet_brings_appear(served: Served, vera: Sky, tmp_path: Path) -> None:
    view, heard = SourceView(PageOfTest(vera)), []
    view.show({"object_id": "ZTF26public"})
    before = len(drawn(view).photometry["mjd"])
    served.db.changes.listen(lambda new: heard.extend(change.document() for change in new))
    packet = record(77, "ZTF26public", jd=JD + 1, ra=150.0)
    ingest(served.db, write_packets(tmp_path / "new.avro", packet))
    [change] = [one for one in heard if one["kind"] == "photometry"]
    view.hear(change)
    assert len(drawn(view).photometry["mjd"]) == before + 1
    alerts = next(one for one in everything(view.box) if getattr(one, "table_key", "") == "alerts")
    assert alerts.records[0]["candid"] == "77"
