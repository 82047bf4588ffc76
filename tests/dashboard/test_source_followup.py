"""Follow-up on the Source page: who is offered a form, what it asks for, what is told of it, taking it back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.config import load_settings
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.facilities import load_facilities
from skyhub.followup import ALLOCATIONS, Sealer
from skyhub.records import add
from skyhub.scheduler import talk_to_telescope
from skyhub.team import add_user
from skyhub_widgets.dashboard._request_panel import RequestPanel
from skyhub_widgets.dashboard._source import SourceView
from support.brokers import on_this_machine
from support.services import Served
from support.telescopes import PortalServer

OBJECT = "ZTF26public"
ANN = Viewer("ann", frozenset({"transients"}), scopes=ROLES["scientist"])
FORM = {
    "optical_elements": "gp, rp",
    "exposure_time": "120",
    "start": "2126-12-01T00:00:00Z",
    "end": "2126-12-03T00:00:00Z",
}


@pytest.fixture
def portal(house: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalServer]:
    with on_this_machine(PortalServer(authorization="Token SECRET")) as server:
        queues = {
            "lco": {"kind": "lco", "instruments": ["Sinistro"], "url": server.url},
            "p60": {"kind": "letter", "instruments": ["SEDM"]},
        }
        monkeypatch.setenv("SKYHUB_QUEUES", json.dumps(queues))
        load_facilities(house)
        add_user(house, "ann", ["transients"], role="scientist")
        given = {"title": "Young supernovae", "pi": "Ann", "types": ["triggered"], "secrets": {"token": "SECRET"}}
        both = [{**given, "instrument": name} for name in ("Sinistro", "SEDM")]
        add(house, ANN, ALLOCATIONS, both, ["transients"])
        add(house, ADMINISTRATOR, ALLOCATIONS, [{**given, "instrument": "Sinistro"}], ["stars"])
        yield server


def test_a_target_is_asked_for_followed_and_taken_back(served: Served, portal: PortalServer) -> None:
    with served.sky(ANN) as sky, served.sky(ADMINISTRATOR) as operator:
        view = SourceView(PageOfTest(sky))
        view.show({"object_id": OBJECT})
        view._panels.panels.unfold("Follow-up")
        panel = view._panels._followup
        assert panel is not None
        assert [text for text, _ in panel.allocation.options] == [
            "Young supernovae (SEDM)",
            "Young supernovae (Sinistro)",
        ]
        panel.allocation.value = panel.allocation.options[1][1]
        assert panel.form is not None
        assert panel.form.button.disabled
        assert set(panel.form.errors) == {"optical_elements", "exposure_time"}
        panel.form.fill(**{**FORM, "end": "2126-11-30T00:00:00Z"})
        panel.form.button.click()
        assert "must come after the start" in texts(panel)
        assert sky.requests.rows() == []
        panel.form.fill(**FORM, max_airmass="1.4")
        panel.form.button.click()
        assert [row["state"] for row in panel.table.records] == ["queued"]
        assert talk_to_telescope(operator.transport, load_settings(), Sealer(served.db.data_dir))
        [group] = portal.groups.values()
        [asked] = group["requests"][0]["configurations"]
        assert asked["constraints"]["max_airmass"] == 1.4
        panel.form.fill(exposure_time="60")
        view.hear({"kind": "requests", "object_id": OBJECT})
        assert [row["state"] for row in panel.table.records] == ["submitted"]
        assert panel.form.value["exposure_time"] == 60  # what was typed stays
        assert "POST http://127.0.0.1" in texts(panel)
        assert "SECRET" not in texts(panel)
        find(panel, widgets.Button, "Ask the telescope now").click()
        find(panel, widgets.Button, "Cancel the request").click()
        assert talk_to_telescope(operator.transport, load_settings(), Sealer(served.db.data_dir))
        panel.refresh()
        assert (group["state"], panel.table.records[0]["state"]) == ("CANCELED", "cancelled")
        find(panel, widgets.Button, "Submit again").click()
        assert panel.table.records[0]["state"] == "queued"


def test_others_are_told_why_they_cannot_ask(served: Served, portal: PortalServer) -> None:
    for viewer, why in (
        (Viewer("eve"), "the right to trigger"),
        (Viewer("guest", frozenset({"bursts"}), scopes=ROLES["scientist"]), "none of your groups has an allocation"),
    ):
        with served.sky(viewer) as sky:
            panel = RequestPanel(PageOfTest(sky), {"object_id": OBJECT})
            assert why in texts(panel)
            assert panel.form is None
