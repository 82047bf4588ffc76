"""The page of an object: all that was noted of it can be read, by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from dashboard_support import PageOfTest, texts
from skyhub.db import Viewer
from skyhub_widgets.dashboard._source import SourceView
from support.services import Served

OBJECT = "ZTF26noted"
VERA = Viewer("vera", frozenset({"transients"}), scopes=frozenset({"view", "save", "upload"}))
OLAF = Viewer("olaf", frozenset({"transients", "bursts"}), scopes=frozenset({"view", "save", "upload"}))


@pytest.fixture
def noted(served: Served) -> Served:
    with served.sky(OLAF) as sky:
        sky.sources.save(OBJECT, ["transients", "bursts"], ra=10.0, dec=20.0)
        mine: dict[str, Any] = {"object_id": OBJECT, "groups": ["transients"]}
        sky.classifications.add(**mine, classification="SN Ia", probability=0.82)
        sky.redshifts.add(**mine, redshift=0.0312, error=0.0004, type="spectroscopic", origin="SEDM")
        sky.comments.add(**mine, text="Rising <script>alert(1)</script> **fast**")
        sky.annotations.add(**mine, origin="host-match", data={"offset <i>": 3.21304567})
        sky.aliases.add(**mine, alias="SN 2026abc")
        sky.spectra.add(
            **mine,
            observed_at="2026-11-22T08:00:00Z",
            instrument="SEDM",
            wavelengths=[4000.0, 9000.0],
            fluxes=[1e-16, 2e-16],
        )
        sky.tags.add(name="young", colour="#c34f00")
        sky.object_tags.add(**mine, tag="young")
        sky.comments.add(object_id=OBJECT, groups=["bursts"], text="for the other group")
        sky.lists.toggle(OBJECT)
    return served


def shown(served: Served, viewer: Viewer) -> str:
    with served.sky(viewer) as sky:
        view = SourceView(PageOfTest(sky))
        view.show({"object_id": OBJECT})
        return texts(view.box)


def test_an_object_without_notes_says_what_there_is_not(served: Served) -> None:
    with served.sky(VERA) as sky:
        sky.sources.save(OBJECT, ra=10.0, dec=20.0)
    text = shown(served, VERA)
    assert "None yet: comments, classifications, redshifts, annotations." in text


def test_everything_noted_can_be_read_with_author_time_and_unit(noted: Served) -> None:
    text = shown(noted, VERA)
    for part in (
        "SN 2026abc", "<b>SN Ia</b> (probability 0.82)", "z = 0.0312 ± 0.0004 (spectroscopic)", " Mpc", "young",
        "<b>olaf</b>", "UTC</time>", "<strong>fast</strong>", "3.21305",
    ):  # fmt: skip
        assert part in text, part


def test_what_lies_within_4_arcsec_is_a_link_to_its_page(served: Served) -> None:
    with served.sky(OLAF) as sky:
        sky.sources.save(OBJECT, ["transients"], ra=10.0, dec=20.0)
        sky.sources.save("ZTF26 near", ["transients"], ra=10.0, dec=20.0 + 2 / 3600)
        sky.sources.save("ZTF26secret", ["bursts"], ra=10.0, dec=20.0 + 1 / 3600)
    text = shown(served, VERA)
    assert 'within 4″ of <a href="?view=source&amp;object_id=ZTF26+near">ZTF26 near</a> (2.0″)' in text
    assert "ZTF26secret" not in text
    assert "ZTF26secret" in shown(served, OLAF)


def test_text_of_notes_is_not_html(noted: Served) -> None:
    text = shown(noted, VERA)
    assert "<script>" not in text
    assert "offset &lt;i&gt;" in text


def test_one_reads_what_ones_groups_may(noted: Served) -> None:
    assert "for the other group" in shown(noted, OLAF)
    assert "for the other group" not in shown(noted, VERA)
    assert "favourites (of olaf)" in shown(noted, OLAF)
    assert "favourites" not in shown(noted, VERA)


def test_a_comment_of_somebody_else_appears(noted: Served) -> None:
    with noted.sky(VERA) as sky, noted.sky(OLAF) as other:
        view = SourceView(PageOfTest(sky))
        view.show({"object_id": OBJECT})
        other.comments.add(object_id=OBJECT, text="news", groups=["transients"])
        view.hear({"kind": "comments", "object_id": OBJECT})
        assert "<p>news</p>" in texts(view.box)


def test_the_page_of_an_object_is_shown_with_four_requests(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[str] = []
    with served.sky(VERA) as sky:
        view, request = SourceView(PageOfTest(sky)), sky.transport._client.request

        def counted(method: str, path: str, **options: Any) -> Any:
            paths.append(path)
            return request(method, path, **options)

        monkeypatch.setattr(sky.transport._client, "request", counted)
        view.show({"object_id": "ZTF26public"})
    assert sorted(paths) == ["/api/alerts/thumbnails", "/api/analyses", "/api/objects/ZTF26public", "/api/spectra"]
    assert view._cutouts.science.startswith("data:image/png;base64,")
