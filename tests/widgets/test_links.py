"""Links out of reports: to a view on the reader's own server, from cells of a static table."""

from __future__ import annotations

import pytest
from skyhub_widgets import RecordTable, view_link

RECORD = {"object_id": "ZTF26 a&b", "mag": 18.25}


def _static(link: str) -> str:
    columns = [{"field": "object_id", "link": link}, {"field": "mag", "digits": 1}]
    return str(RecordTable([RECORD], columns).static())


@pytest.mark.parametrize("link", ["", "?view=source&object_id={object_id}", "javascript:alert(1)", "//elsewhere.org"])
def test_what_leads_nowhere_is_text(link: str) -> None:
    assert "<td>ZTF26 a&amp;b</td><td>18.2</td>" in _static(link)


def test_a_view_is_linked_with_its_record() -> None:
    link = view_link("source", "object_id")
    address = "/hub/user-redirect/voila/render/dashboards/skyhub.ipynb?view=source&amp;object_id=ZTF26%20a%26b"
    assert f'<td><a href="{address}">ZTF26 a&amp;b</a></td>' in _static(link)


def test_a_hub_below_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_BASE_URL", "/jupyter/")
    assert view_link("source").startswith("/jupyter/hub/user-redirect/voila/")
