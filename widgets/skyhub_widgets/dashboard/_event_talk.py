"""What people say of an event: who looks after it, and comments with files, for their groups."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._comment_form import comment_form, comments_html
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["EventTalk"]


class EventTalk:
    """Who looks after an event, and comments on it, newest first, with a form for those who may write.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._event_id = page, ""
        self._as_of: str | None = None
        self._advocates, self._comments, self._trouble = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._own: str | None = None
        self._forward = button("", self._change)
        writes = may(page, "save") and page.me["groups"]
        form = [comment_form(page, self._about, self._list)] if writes else []
        self.advocates = row(self._advocates, *([self._forward] if writes else []), self._trouble)
        self.box = stack(self._comments, *form)

    def show(self, event_id: int | str, as_of: str | None) -> None:
        """Show what was said of an event by then."""
        self._event_id, self._as_of = str(event_id), as_of
        self._list()

    def _about(self) -> dict[str, Any]:
        return {"about_table": "events", "about_id": self._event_id}

    def _list(self) -> None:
        rows = self._page.sky.comments.rows(as_of=self._as_of, **self._about())
        plain = [{**one, "about_table": None} for one in rows]
        self._comments.value = comments_html(self._page, plain, self._as_of) or note("Nobody has said anything yet.")
        advocates = self._page.sky.advocates.rows(as_of=self._as_of, event_id=self._event_id)
        names = ", ".join(dict.fromkeys(str(one["user_name"]) for one in reversed(advocates)))
        self._advocates.value = note(f"Advocates: {names or 'nobody yet'}")
        mine = (one["advocate_id"] for one in advocates if one["user_name"] == self._page.me["name"])
        self._own = next(mine, None)
        self._forward.description = "Step back" if self._own else "Look after it"
        self._forward.disabled = self._as_of is not None

    def _change(self) -> None:
        """Come forward as advocate, or step back."""
        try:
            if self._own:
                self._page.sky.advocates.remove(self._own)
            else:
                self._page.sky.advocates.add(event_id=self._event_id)
        except SkyhubError as error:
            self._trouble.value = alert(error.message)
            return
        self._trouble.value = ""
        self._list()
