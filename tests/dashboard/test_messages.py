"""The page of messages and the bell, over a real service."""

from __future__ import annotations

from dashboard_support import PageOfTest, everything, texts
from skyhub.db import ADMINISTRATOR
from skyhub.events import ingest_notice
from skyhub.notify import watch_journal
from skyhub_widgets.dashboard import Dashboard
from skyhub_widgets.dashboard._messages import MessagesView
from support.notices import alert
from support.services import Served


def test_messages_are_listed_and_read(served: Served, page: PageOfTest) -> None:
    view = MessagesView(page)
    view.show({})
    assert "There are no messages" in texts(view.box)
    page.sky.rules.add(name="mergers <b>", occasions=["new_event"], conditions={"tags": ["BNS"]})
    ingest_notice(served.db, ADMINISTRATOR, alert())
    assert watch_journal(served.db) == 1
    view.hear({"kind": "messages"})
    assert "<b>New event S261122a (LVC_PRELIMINARY)</b>" in texts(view.box)
    assert page.sky.messages.unread() == 1
    [opened] = [w for w in everything(view.box) if getattr(w, "description", "") == "Open"]
    opened.click()
    assert page.went[-1] == ("events", {"event": "LVC#S261122a"})
    [read] = [w for w in everything(view.box) if getattr(w, "description", "") == "Mark all as read"]
    read.click()
    assert page.sky.messages.unread() == 0
    assert read.disabled
    assert page.sky.messages(unread=True).to_rows() == []
    assert page.sky.messages().to_rows()[0]["title"] == "New event S261122a (LVC_PRELIMINARY)"


def test_the_bell_counts_what_comes(served: Served, page: PageOfTest) -> None:
    page.sky.rules.add(name="all", occasions=["new_event"])
    board = Dashboard(page.sky)
    assert board.nav.unread == 0
    ingest_notice(served.db, ADMINISTRATOR, alert())
    watch_journal(served.db)
    board._heard({"kind": "messages", "action": "added"})
    assert board.nav.unread == 1
    board.go("messages")
    assert "New event S261122a" in texts(board)
    board.nav.close()
