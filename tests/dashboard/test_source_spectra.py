"""The spectra of an object on its page, and bringing new ones in: nothing is stored that was not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

import ipywidgets as widgets
import numpy as np
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import Sky
from skyhub.db import Viewer
from skyhub_widgets import LightCurve, RecordTable, Spectrum
from skyhub_widgets._form import Form
from skyhub_widgets.dashboard._source import SourceView
from support.services import Served, wait_until

OBJECT = "ZTF26spec"
VERA = Viewer("vera", frozenset({"transients"}), scopes=frozenset({"view", "save", "upload"}))
READER = Viewer("rita", frozenset({"transients"}), scopes=frozenset({"view"}))
TEXT = "# DATE-OBS= '2026-11-20T03:00:00'\n# INSTRUME= 'SPRAT'\n" + "".join(
    f"{4000 + n} {2 + n % 3}\n" for n in range(60)
)
POINTS = "mjd,filter,mag,magerr\n60000,ztfr,19.5,0.1\n60001,ztfr,19.6,0.1\n"


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as sky:
        sky.sources.save(OBJECT, ["transients"], ra=10.0, dec=20.0)
        yield sky


@pytest.fixture
def view(vera: Sky) -> SourceView:
    made = SourceView(PageOfTest(vera))
    made.show({"object_id": OBJECT})
    return made


def bring(view: SourceView, text: str, kind: str = "Spectra", **said: object) -> None:
    find(view.box, widgets.Button, "Upload spectra").click()
    find(view.box, widgets.ToggleButtons).value = kind
    find(view.box, widgets.Textarea).value = text
    form = find(view.box, Form)
    form.fill(**said)
    form.button.click()


def store_button(view: SourceView) -> widgets.Button:
    return find(view.box, widgets.Button, "Store what is shown")


def drawn(view: SourceView) -> Spectrum:
    return find(view.box, Spectrum)


@pytest.mark.parametrize(
    ("kind", "text", "said", "says"),
    [
        ("Spectra", "", {}, "Nothing was given"),
        ("Spectra", "no table", {}, "no table of numbers"),
        ("Spectra", TEXT + "5000 two\n", {}, "line 63: &#x27;two&#x27;"),
        ("Spectra", TEXT, {"wave_unit": "um"}, "wave_unit=&#x27;Angstrom&#x27;"),
        ("Spectra", TEXT, {"flux_column": "7"}, "flux_column is"),
        ("Spectra", "4000 1\n4001 2\n", {}, "observed_at"),
        ("Photometry", POINTS.replace("19.6", "99.99"), {}, "row 2: mag is 99.99"),
        ("Photometry", POINTS, {"columns": "mag=MAG"}, "name=column is permitted"),
    ],
)
def test_bad_input_is_said_and_cannot_be_stored(
    vera: Sky, view: SourceView, kind: str, text: str, said: dict[str, str], says: str
) -> None:
    bring(view, text, kind, **said)
    assert says in texts(view.box)
    assert store_button(view).layout.display == "none"
    store_button(view).click()
    assert vera.spectra.rows(object_id=OBJECT) == []
    assert vera.source(OBJECT)["photometry"]["mjd"] == []


def test_a_spectrum_is_previewed_then_stored_and_drawn(vera: Sky, view: SourceView) -> None:
    bring(view, TEXT, observed_at="2026-11-21T04:00", groups="transients")
    assert "1 read: 1 would be stored" in texts(view.box)
    assert "wavelengths: 0, fluxes: 1" in texts(view.box)
    assert [len(w.spectra) for w in everything(view.box) if isinstance(w, Spectrum)] == [0, 1]
    assert vera.spectra.rows(object_id=OBJECT) == []
    store_button(view).click()
    [stored] = vera.spectra.rows(object_id=OBJECT)
    assert stored["observed_at"].startswith("2026-11-21T04:00")
    assert stored["instrument"] == "SPRAT"
    assert [curve.label for curve in drawn(view).spectra] == ["SPRAT, 2026-11-21"]
    assert "1 were stored" in texts(view.box)
    assert store_button(view).layout.display == "none"


def test_other_data_need_another_preview(view: SourceView, vera: Sky) -> None:
    bring(view, TEXT)
    find(view.box, widgets.Textarea).value = TEXT.replace("4000 2", "4000 9")
    assert store_button(view).layout.display == "none"
    store_button(view).click()
    assert vera.spectra.rows(object_id=OBJECT) == []


def test_photometry_is_previewed_with_other_names_then_stored(vera: Sky, view: SourceView) -> None:
    bring(
        view,
        POINTS.replace("mag,magerr", "MAG_APER,MAGERR_APER"),
        "Photometry",
        columns="mag=MAG_APER, magerr=MAGERR_APER",
    )
    curves = [w for w in everything(view.box) if isinstance(w, LightCurve)]
    assert [len(w.photometry["mjd"]) for w in curves] == [0, 2]
    assert "2 read: 2 would be stored" in texts(view.box)
    assert vera.source(OBJECT)["photometry"]["mjd"] == []
    store_button(view).click()
    assert vera.source(OBJECT)["photometry"]["mjd"] == [60000.0, 60001.0]
    assert len(curves[0].photometry["mjd"]) == 2


def test_only_those_who_may_upload_are_offered_it(served: Served, vera: Sky) -> None:
    vera.spectra.upload(TEXT.encode(), object_id=OBJECT)
    with served.sky(READER) as sky:
        view = SourceView(PageOfTest(sky))
        view.show({"object_id": OBJECT})
        assert find(view.box, widgets.Button, "Upload spectra").layout.display == "none"
        [table] = [w for w in everything(view.box) if isinstance(w, RecordTable) and w.title == "Spectra"]
        table._received(table, {"type": "clicked", "id": str(table.records[0]["spectrum_id"])}, [])
        assert [w.description for w in everything(view._spectra._chosen) if isinstance(w, widgets.Button)] == [
            "Get the file"
        ]


def test_a_file_comes_back_and_a_spectrum_is_removed_after_a_question(vera: Sky, view: SourceView) -> None:
    vera.spectra.upload(TEXT.encode(), name='a"b.ascii', object_id=OBJECT)
    view.hear({"kind": "spectra", "object_id": OBJECT})
    [row] = vera.spectra.rows(object_id=OBJECT)
    view._spectra._choose(row["spectrum_id"])
    find(view._spectra._chosen, widgets.Button, "Get the file").click()
    assert 'download="a&quot;b.ascii">' in texts(view._spectra._chosen)
    find(view._spectra._chosen, widgets.Button, "Remove").click()
    assert vera.spectra.rows(object_id=OBJECT) == [row]
    find(view._spectra._chosen, widgets.Button, "Yes, remove it").click()
    assert vera.spectra.rows(object_id=OBJECT) == []
    assert drawn(view).spectra == []


def test_the_address_shows_the_same_again_and_says_what_it_cannot(vera: Sky, view: SourceView) -> None:
    vera.spectra.upload(TEXT.encode(), object_id=OBJECT)
    view.hear({"kind": "spectra", "object_id": OBJECT})
    widget = drawn(view)
    widget.species, widget.redshift, widget.x_range = ["Si II", "telluric"], 0.02, [4010.0, 4050.0]
    widget.hidden = ["SPRAT, 2026-11-20"]
    other = SourceView(PageOfTest(vera))
    other.show(view._page.kept)
    same = drawn(other)
    for name in ("species", "redshift", "x_range", "hidden"):
        assert getattr(same, name) == getattr(widget, name), name
    other.show({"object_id": OBJECT})
    assert same.redshift == 0.02
    other.show({"object_id": OBJECT, "sp_species": "Xx I", "sp_redshift": "fast", "sp_frame": "rest"})
    assert "redshift = fast; species = Xx I" in texts(other.box)
    assert same.frame == "rest"


def test_without_spectra_it_is_said_and_nothing_is_drawn(view: SourceView) -> None:
    assert "There is no spectrum of this object" in texts(view._spectra.box)
    assert view._spectra._known.layout.display == "none"


def test_the_redshift_is_that_of_the_object_which_is_shown(vera: Sky, view: SourceView) -> None:
    vera.redshifts.add(object_id=OBJECT, groups=["transients"], redshift=0.03, type="spectroscopic")
    vera.sources.save("ZTF26other", ["transients"], ra=11.0, dec=20.0)
    view.show({"object_id": "ZTF26other"})
    assert drawn(view).redshift == 0
    view.show({"object_id": OBJECT})
    assert drawn(view).redshift == pytest.approx(0.03)
    view.show({"object_id": "ZTF26other"})
    assert drawn(view).redshift == 0


def lines_at(redshift: float) -> dict[str, list[float]]:
    wave = np.arange(3600.0, 9200.0, 8.0)
    random = np.random.default_rng(5)
    at, depth = random.uniform(3000, 9500, 24), random.uniform(-0.5, 0.5, 24)
    lines = (depth * np.exp(-0.5 * ((wave[:, None] / (1 + redshift) / at - 1) / 0.012) ** 2)).sum(axis=1)
    return {"wavelength": wave.tolist(), "flux": (1 + np.clip(lines, -0.9, 2)).tolist()}


def test_a_spectrum_is_compared_with_templates_and_the_match_drawn_and_noted(vera: Sky, view: SourceView) -> None:
    def table() -> RecordTable:
        tables = (one for one in everything(view.box) if isinstance(one, RecordTable))
        return next(one for one in tables if one.table_key == "source-matches")

    vera.sources.save("ZTF26known", ["transients"], ra=11.0, dec=20.0)
    vera.redshifts.add(object_id="ZTF26known", redshift=0.05, type="spectroscopic")
    vera.classifications.add(object_id="ZTF26known", classification="SN Ib")
    for name, redshift in (("ZTF26known", 0.05), (OBJECT, 0.2)):
        vera.spectra.upload(lines_at(redshift), object_id=name, observed_at="2026-11-20T03:00:00Z", instrument="SPRAT")
    view.show({"object_id": OBJECT})
    assert table().layout.display == "none"
    find(view.box, widgets.Button, "Compare with templates").click()
    wait_until(lambda: len(drawn(view).data) == 2)
    assert re.search(r"SN Ib 100% \(z = 0\.(199|200)\d", texts(view.box)), texts(view.box)
    assert [row["type"] for row in table().records][:1] == ["SN Ib"]
    [laid] = drawn(view).overlays
    assert (laid.over, laid.type) == (drawn(view).spectra[0].label, "template")
    find(view.box, widgets.Button, "Note this redshift").click()
    assert vera.source(OBJECT)["redshift"]["redshift"] == pytest.approx(0.2, abs=2e-3)
    assert "was noted" in texts(view.box)
    next(one for one in everything(view.box) if getattr(one, "description", "") == "z from").value = 0.9
    find(view.box, widgets.Button, "Compare with templates").click()
    wait_until(lambda: "Comparing" not in texts(view.box))
    assert "redshifts from 0.9 to 0.5" in texts(view.box)
