"""Sending a kept plan from the page: approved first, agreed to, followed and taken back; reported to the Treasure Map as shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.client._plans import Plan
from skyhub.config import load_settings
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.facilities import load_facilities
from skyhub.followup import Sealer
from skyhub.scheduler import talk_to_telescope
from skyhub.science.sky_shapes import Cone
from skyhub.team import add_user
from skyhub_widgets import Form
from skyhub_widgets.dashboard._library import LIBRARY_VIEWS
from skyhub_widgets.dashboard._plan_sending import SendingPanel
from skyhub_widgets.dashboard._plan_treasuremap import TreasureMapPanel
from skyhub_widgets.dashboard._sending_rule import SendingRulePanel
from support.brokers import on_this_machine
from support.services import Served
from support.telescopes import ZtfServer, tonight
from support.treasuremap import DOI, EVENT, TOKEN, TreasureMapServer, treasuremap_server

ANN = Viewer("ann", frozenset({"transients"}), scopes=ROLES["scientist"])
EVE = Viewer("eve", frozenset({"transients"}))


@dataclass
class There:
    """The telescope and the Treasure Map."""

    ztf: ZtfServer
    treasuremap: TreasureMapServer


@pytest.fixture
def there(house: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    with on_this_machine(ZtfServer(authorization="Bearer SECRET")) as ztf, treasuremap_server() as shared:
        queue = {"kind": "ztf", "instruments": ["ZTF"], "url": ztf.url}
        monkeypatch.setenv("SKYHUB_QUEUES", json.dumps({"ztf": queue}))
        monkeypatch.setenv("SKYHUB_TREASUREMAP__URL", shared.url)
        load_facilities(house)
        add_user(house, "ann", ["transients"], role="scientist")
        yield There(ztf, shared)


def _kept(page: PageOfTest, with_account: bool = True) -> Plan:
    sky = page.sky
    if with_account:
        secrets = {"token": "SECRET", "treasuremap_token": TOKEN}
        given = {"title": "ToO", "pi": "Ann", "instrument": "ZTF", "types": ["observation_plan"], "secrets": secrets}
        sky.allocations.add(**given, groups=["transients"])
    where = sky.localizations.add(Cone(160.0, 10.0, 3.0, 0.9), dateobs="2026-03-17T02:00:00", groups=["transients"])
    plan = {
        "localization_id": where["localization_id"], "instrument": "ZTF", "telescope": "P48", "visits": 2,
        "probability": 0.5, "upper_bound": 0.6, "area": 4.0, "notes": [], "planned_at": "2026-03-17T02:10:00Z",
        "observations": tonight(), "wishes": {"start": "2026-03-17T02:20:00", "hours": 9, "filters": ["g", "r"]},
    }  # fmt: skip
    return sky.plans.load(sky.plans.save(plan, "first night", ["transients"])["plan_id"])


def test_a_plan_is_approved_agreed_to_sent_and_taken_back(served: Served, there: There) -> None:
    with served.sky(ANN) as sky, served.sky(ADMINISTRATOR) as operator:
        page = PageOfTest(sky)
        plan = _kept(page)
        told: list[str] = []
        panel = SendingPanel(page, lambda: plan, lambda: told.append(plan["state"]))
        assert panel.requests is None
        find(panel.box, widgets.Button, "Approve").click()
        assert (plan["state"], told) == ("approved", ["approved"])
        requests = panel.requests
        assert requests is not None
        assert requests.form is not None
        assert "program_pi" in requests.form.errors
        requests.form.fill(program_pi="Kulkarni")
        requests.form.button.click()
        assert "2 exposures of 2 fields" in texts(panel.box)
        assert requests.form.button.disabled
        find(panel.box, widgets.Button, "Not yet").click()
        assert sky.requests.rows() == []
        requests.form.button.click()
        find(panel.box, widgets.Button, "Send it now").click()
        assert [row["state"] for row in requests.table.records] == ["queued"]
        assert talk_to_telescope(operator.transport, load_settings(), Sealer(served.db.data_dir))
        assert len(there.ztf.queues) == 1
        panel.hear({"kind": "requests", "plan_id": int(plan["plan_id"])})
        assert [row["state"] for row in requests.table.records] == ["submitted"]
        panel.hear({"kind": "plans", "plan_id": plan["plan_id"]})
        assert plan["state"] == "sent"
        requests.form.fill(program_pi="")
        find(panel.box, widgets.Button, "Change it").click()
        assert "the form is not complete" in texts(panel.box)
        requests.form.fill(program_pi="Kasliwal")
        find(panel.box, widgets.Button, "Change it").click()
        assert talk_to_telescope(operator.transport, load_settings(), Sealer(served.db.data_dir))
        [queue] = there.ztf.queues.values()
        assert {target["program_pi"] for target in queue["targets"]} == {"Kasliwal"}
        panel.hear({"kind": "requests", "plan_id": plan["plan_id"]})
        find(panel.box, widgets.Button, "Cancel the request").click()
        assert talk_to_telescope(operator.transport, load_settings(), Sealer(served.db.data_dir))
        panel.hear({"kind": "requests", "plan_id": plan["plan_id"]})
        panel.hear({"kind": "plans", "plan_id": plan["plan_id"]})
        assert (there.ztf.queues, plan["state"]) == ({}, "cancelled")
        assert requests.place.layout.display == "none"
        assert "SECRET" not in texts(panel.box)


def test_a_rule_is_made_agreed_to_told_in_words_and_switched_off(served: Served, there: There) -> None:
    with served.sky(ANN) as sky:
        page = PageOfTest(sky)
        _kept(page)
        [allocation] = sky.allocations.rows()
        wishes = {"filters": ["r"], "exposure": 60}
        made = sky.default_plans.add(name="ToO", allocation_id=int(allocation["allocation_id"]), wishes=wishes)
        view = LIBRARY_VIEWS["default_plans"](page)
        view.show({"id": made["default_plan_id"]})
        panel: SendingRulePanel = find(view.box, SendingRulePanel)
        assert "No rule sends these plans" in texts(panel)
        find(panel, widgets.Button, "Make a rule").click()
        form: Form = find(panel, Form)
        assert "program_pi" in form.errors
        form.fill(lowest_probability=0.3, most_hours=3, latest_start=24, program_pi="Kulkarni")
        form.button.click()
        assert "It is not switched on" in texts(panel)
        find(panel, widgets.Button, "Switch it on").click()
        assert sky.sending_rules.rows()[0]["active"] is False
        find(panel, widgets.Button, "Yes, switch it on").click()
        assert "Switched on by ann" in texts(panel)
        assert sky.sending_rules.rows()[0]["payload"]["program_pi"] == "Kulkarni"
        find(panel, widgets.Button, "Switch it off").click()
        assert "by ann" in panel.words.value
        find(panel, widgets.Button, "Change its conditions").click()
        form = find(panel, Form)
        assert (form.value["most_hours"], form.value["program_id"], form.value["program_pi"]) == (3, 2, "Kulkarni")
        form.fill(most_hours=2)
        form.button.click()
        assert "at most 2 h" in panel.words.value
        assert sky.sending_rules.rows()[0]["active"] is False


def test_who_may_not_trigger_is_offered_nothing(served: Served, there: There) -> None:
    with served.sky(ANN) as sky, served.sky(EVE) as hers:
        plan = _kept(PageOfTest(sky))
        page = PageOfTest(hers)
        seen = hers.plans.load(plan["plan_id"])
        panel = SendingPanel(page, lambda: seen, lambda: None)
        assert find(panel.box, widgets.Button, "Approve").layout.display == "none"
        sky.plans.approve(plan)
        panel.hear({"kind": "plans", "plan_id": plan["plan_id"]})
        assert panel.requests is not None
        assert "the right to trigger" in texts(panel.box)
        assert panel.requests.form is None
        reporting = TreasureMapPanel(page, seen)
        find(reporting.box, widgets.Button, "Show what").click()
        assert "the right to trigger" in texts(reporting.box)
        assert there.treasuremap.writes == []


def test_an_unkept_plan_and_one_that_was_changed_are_not_approved(served: Served, there: There) -> None:
    with served.sky(ANN) as sky:
        page = PageOfTest(sky)
        assert "Save the plan first" in texts(SendingPanel(page, lambda: None, lambda: None).box)
        plan = _kept(page)
        panel = SendingPanel(page, lambda: plan, lambda: None)
        sky.plans.edit(plan["plan_id"], observations=tonight(hours=2.0, filters=("g",)))
        find(panel.box, widgets.Button, "Approve").click()
        assert 'role="alert"' in texts(panel.box)
        assert sky.plans.get(plan["plan_id"])["state"] == "draft"


def test_pointings_are_shown_reported_and_cancelled(served: Served, there: There) -> None:
    with served.sky(ANN) as sky:
        page = PageOfTest(sky)
        plan = _kept(page)
        sky.plans.approve(plan)
        panel = TreasureMapPanel(page, plan)
        find(panel.box, widgets.Text, "Event").value = EVENT
        report, show = (find(panel.box, widgets.Button, text) for text in ("Report it", "Show what"))
        assert report.disabled
        show.click()
        assert "2 pointings would be reported" in texts(panel.box)
        find(panel.box, widgets.Text, "Event").value = "S1"  # what was shown is another thing now
        assert report.disabled
        find(panel.box, widgets.Text, "Event").value = EVENT
        show.click()
        report.click()
        assert [row["status"] for row in panel._table.records] == ["planned"] * 2
        assert len(there.treasuremap.writes) == 1
        show.click()
        assert "2 are there already" in texts(panel.box)
        assert report.disabled
        find(panel.box, widgets.Button, "Cancel the marked").click()
        assert "No pointing is marked" in texts(panel.box)
        panel._table.selected = [panel._table.records[0]["pointing_id"]]
        find(panel.box, widgets.Button, "Cancel the marked").click()
        assert sorted(row["status"] for row in panel._table.records) == ["cancelled", "planned"]
        log = {"ra": [160.0], "dec": [10.0], "mjd": [61_116.2], "filter": ["r"], "limmag": [20.5]}
        sky.observations.add(log, "ZTF", ["transients"])
        find(panel.box, widgets.Dropdown, "Report").value = "localization"
        show.click()
        report.click()
        [done] = [row for row in panel._table.records if row["status"] == "completed"]
        panel._table.selected = [done["pointing_id"]]
        find(panel.box, widgets.Button, "Ask for a DOI").click()
        assert DOI in texts(panel.box)
        find(panel.box, widgets.Button, "Bring in").click()
        assert "3 pointings are there: 0 that were executed are new" in texts(panel.box)


def test_without_an_account_nothing_is_reported(served: Served, there: There) -> None:
    with served.sky(ANN) as sky:
        panel = TreasureMapPanel(PageOfTest(sky), _kept(PageOfTest(sky), with_account=False))
        for text in ("Show what", "Bring in"):
            find(panel.box, widgets.Button, text).click()
            assert "has the secret treasuremap_token" in texts(panel.box)
        assert there.treasuremap.writes == []
