"""Spectra on the Source page, and bringing data in: nothing is stored before it was shown, and by those alone who may."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import Sky
from skyhub.db import ROLES, Viewer
from skyhub_widgets._spectrum import Spectrum
from skyhub_widgets.dashboard._source import SourceView
from support.services import Served

OBJECT = "ZTF26public"
VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
SAM = Viewer("sam", frozenset({"transients"}), scopes=ROLES["scanner"])
LINES = "# wavelength flux\n" + "".join(f"{4000 + 10 * n} {1 + 0.1 * (n % 7)}\n" for n in range(200))
POINTS = "mjd,filter,mag,magerr,limiting_mag\n61000.5,ztfg,18.2,0.05,20.5\n61001.5,ztfr,18.0,0.04,20.4\n"


def _view(sky: Sky) -> SourceView:
    view = SourceView(PageOfTest(sky))
    view.show({"object_id": OBJECT})
    return view


def _panel(view: SourceView, kind: str, text: str, **said: str) -> Any:
    find(view.box, widgets.Button, "Upload spectra").click()
    box = view._upload.box
    find(box, widgets.ToggleButtons).value = kind
    find(box, widgets.Textarea).value = text
    for title, value in said.items():
        find(box, widgets.Text, title).value = value
    find(box, widgets.Button, "Preview").click()
    return box


def _store(box: Any) -> widgets.Button:
    return find(box, widgets.Button, "Store what is shown")


def test_only_those_who_may_upload_are_asked_to(served: Served) -> None:
    with served.sky(SAM) as sky:
        assert find(_view(sky).box, widgets.Button, "Upload spectra").layout.display == "none"


def test_a_pasted_spectrum_is_shown_and_then_stored(served: Served) -> None:
    with served.sky(VERA) as sky:
        view = _view(sky)
        box = _panel(view, "Spectra", LINES, Observed="2026-11-20T03:00:00", Instrument="SEDM")
        assert "1 read: 1 would be stored" in texts(box)
        assert sky.spectra.rows(object_id=OBJECT) == []
        drawn = next(w for w in everything(box) if isinstance(w, Spectrum))
        assert len(drawn.spectra) == 1
        _store(box).click()
        [stored] = sky.spectra.rows(object_id=OBJECT)
        assert stored["n_points"] == 200
        assert len(view._spectra.widget.spectra) == 1


def test_pasted_points_are_shown_and_then_stored(served: Served) -> None:
    with served.sky(VERA) as sky:
        view = _view(sky)
        box = _panel(view, "Photometry", POINTS, Instrument="ZTF")
        before = len(sky.photometry(OBJECT))
        assert "2 read: 2 would be stored" in texts(box)
        _store(box).click()
        assert len(sky.photometry(OBJECT)) == before + 2


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Spectra", ""),
        ("Spectra", "no numbers here\n"),
        ("Photometry", "mjd,filter,mag\n61000.5,nofilter,18\n"),
        ("Photometry", POINTS.replace("18.2", "99.99")),
    ],
)
def test_what_cannot_be_read_is_refused_and_cannot_be_stored(served: Served, kind: str, text: str) -> None:
    with served.sky(VERA) as sky:
        before = len(sky.photometry(OBJECT))
        box = (
            _panel(_view(sky), kind, text, Observed="2026-11-20T03:00:00")
            if kind == "Spectra"
            else _panel(_view(sky), kind, text, Instrument="ZTF")
        )
        assert 'role="alert"' in texts(box) or "0 would be stored" in texts(box)
        assert _store(box).layout.display == "none"
        assert len(sky.photometry(OBJECT)) == before
        assert sky.spectra.rows(object_id=OBJECT) == []


def test_a_spectrum_is_taken_away_as_a_file_and_removed(served: Served) -> None:
    with served.sky(VERA) as sky:
        sky.spectra.upload(
            LINES.encode(), name="one.txt", object_id=OBJECT, observed_at="2026-11-20T03:00:00", instrument="SEDM"
        )
        view = _view(sky)
        number = sky.spectra.rows(object_id=OBJECT)[0]["spectrum_id"]
        view._spectra._choose(number)
        find(view._spectra.box, widgets.Button, "Get the file").click()
        assert 'download="one.txt"' in texts(view._spectra.box)
        find(view._spectra.box, widgets.Button, "Remove").click()
        assert len(sky.spectra.rows(object_id=OBJECT)) == 1
        find(view._spectra.box, widgets.Button, "Yes, remove").click()
        assert sky.spectra.rows(object_id=OBJECT) == []
