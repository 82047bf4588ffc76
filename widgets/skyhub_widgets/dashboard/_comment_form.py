"""Comments with files: a form to write one, and those that there are, with their files to be taken along."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._noted import comment_html
from skyhub_widgets.dashboard._view import Page, alert, button, note, row, stack

__all__ = ["comment_form", "comments_html", "groups_choice"]

_LARGEST_SHOWN = 2_000_000
"""Bytes of files that are put into the page to be saved; larger ones are named."""


def groups_choice(page: Page) -> widgets.SelectMultiple:
    """A choice among the viewer's groups; all of them if none is chosen."""
    mine = page.me["groups"]
    made = widgets.SelectMultiple(options=mine, rows=min(4, max(2, len(mine))), layout=widgets.Layout(width="200px"))
    made.tooltip = "Who shall see it; all of your groups if none is chosen"
    return made


def comment_form(page: Page, about: Callable[[], Mapping[str, Any]], done: Callable[[], object]) -> widgets.Widget:
    """A form to say something, with files, to some of the viewer's groups.

    Parameters
    ----------
    page
        The page that it is on.
    about
        Gives what the comment is about: ``object_id``, or ``about_table`` and ``about_id``.
    done
        Called when it was stored.
    """
    text = widgets.Textarea(
        placeholder="Markdown; @name mentions somebody", rows=4, layout=widgets.Layout(width="min(560px, 100%)")
    )
    files = widgets.FileUpload(description="Attach", multiple=True, layout=widgets.Layout(width="auto"))
    groups, said = groups_choice(page), widgets.HTML()

    def send() -> None:
        chosen = list(groups.value) or None
        try:
            attached = [
                page.sky.attachments.upload(bytes(f["content"]), name=f["name"], groups=chosen)["attachment_id"]
                for f in files.value
            ]
            page.sky.comments.add(text=text.value, attachments=attached, groups=chosen, **about())
        except SkyhubError as error:
            said.value = alert(error.message)
            return
        text.value, files.value, said.value = "", (), note("Your comment was stored.")
        done()

    return stack(text, row(files, groups), row(button("Send", send), said))


def comments_html(page: Page, comments: Sequence[Mapping[str, Any]], as_of: str | None = None) -> str:
    """Comments, newest first, each with its files: small ones as links that save them."""
    told = "".join(comment_html(comment) + _files(page, comment["attachments"], as_of) for comment in comments)
    return f'<div class="skyhub-noted">{told}</div>' if told else ""


def _files(page: Page, numbers: Sequence[int | str], as_of: str | None) -> str:
    links = []
    for number in numbers:
        try:
            record = page.sky.attachments.get(number, as_of=as_of)
            links.append(_link(page, record, as_of))
        except SkyhubError:  # it was withdrawn, or is not for this viewer
            links.append(note(f"file {number} is not there for you"))
    return "".join(links)


def _link(page: Page, record: Mapping[str, Any], as_of: str | None) -> str:
    name, size = escape(record["name"], quote=True), record["size"]
    if size > _LARGEST_SHOWN:
        how = f"sky.attachments.file({record['attachment_id']})"
        return note(f"{record['name']} ({size / 1e6:.1f} MB): {how}")
    content = b64encode(page.sky.attachments.file(record["attachment_id"], as_of=as_of)).decode()
    return (
        f'<p><a download="{name}" href="data:application/octet-stream;base64,{content}">{name}</a> ({size} bytes)</p>'
    )
