"""What people do with an object on its page: save it, say something, give it a class, a redshift, tags and lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import form_from_schema
from skyhub_widgets._schema import parameters_of
from skyhub_widgets.dashboard._class_sliders import ClassSliders
from skyhub_widgets.dashboard._comment_form import comment_form, groups_choice
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["TeamPanels"]

_REDSHIFT_FIELDS = ("redshift", "error", "type", "origin")


class TeamPanels:
    """What makes the panels of one object; after each deed the page is told.

    Parameters
    ----------
    page
        The page.
    record
        Gives the object as ``Sky.source`` does, as it was shown last.
    done
        Called when something was stored.
    """

    def __init__(self, page: Page, record: Callable[[], Mapping[str, Any]], done: Callable[[], object]) -> None:
        self._page, self._record, self._done = page, record, done
        self._news: list[Callable[[], object]] = []

    def makers(self) -> dict[str, Callable[[], widgets.Widget]]:
        """What the viewer may do, by the text of its button."""
        if not may(self._page, "save"):
            return {}
        found = {
            "Comment": self._comment,
            "Classify": self._classify,
            "Redshift": self._redshift,
            "Tags and lists": self._tags,
        }
        return {"Save": self._save, **found} if self._page.me["groups"] else found

    def refresh(self) -> None:
        """What others changed of the object appears in the panels that were made."""
        for tell in self._news:
            tell()

    def forget(self) -> None:
        """The panels that were made are of another object."""
        self._news.clear()

    def _save(self) -> widgets.Widget:
        saved: set[str] = set()
        boxes = [
            widgets.Checkbox(description=group, indent=False, layout=widgets.Layout(width="auto"))
            for group in self._page.me["groups"]
        ]

        def store(object_id: str) -> str:
            wanted = {box.description for box in boxes if box.value}
            new, gone = sorted(wanted - saved), sorted(saved & set(self._page.me["groups"]) - wanted)
            if new:
                self._page.sky.sources.save(object_id, new)
            if gone:
                self._page.sky.sources.unsave(object_id, gone)
            return f"A source of {', '.join(sorted(wanted)) or 'none of your groups'}."

        def tell() -> None:
            now = {entry["group"] for entry in self._record()["saved"]}
            for box in boxes:
                if box.value == (box.description in saved):
                    box.value = box.description in now
            saved.clear()
            saved.update(now)

        self._show_news(tell)
        return self._deed(widgets.HTML(note("A source of these groups:")), *boxes, verb="Set", store=store)

    def _comment(self) -> widgets.Widget:
        return comment_form(self._page, lambda: {"object_id": self._record()["object_id"]}, self._done)

    def _classify(self) -> widgets.Widget:
        sliders = ClassSliders(self._page.sky.taxonomies.classes().to_rows())
        normalise = widgets.Checkbox(description="scale each level to a sum of 1", indent=False)
        origin = widgets.Text(placeholder="from which spectrum, program or paper", layout=widgets.Layout(width="300px"))
        groups = groups_choice(self._page)

        def store(object_id: str) -> str:
            if not sliders.value:
                return "Move a slider first."
            told = {"origin": origin.value} if origin.value else {}
            self._page.sky.classifications.add_probabilities(
                object_id, sliders.value, list(groups.value) or None, normalise=normalise.value, **told
            )
            sliders.clear()
            return "The classes were stored."

        return widgets.VBox(
            [self._deed(sliders, row(normalise, origin, groups), verb="Classify", store=store), self._votes()]
        )

    def _votes(self) -> widgets.Widget:
        """Buttons for each class that somebody gave."""
        votes = stack()

        def tell() -> None:
            votes.children = tuple(self._vote_on(given) for given in self._record()["classifications"])

        self._show_news(tell)
        return votes

    def _vote_on(self, given: Mapping[str, Any]) -> widgets.Widget:
        said = widgets.HTML(note(_ballot(given)))

        def vote(value: int) -> None:
            try:
                said.value = note(_ballot(self._page.sky.classifications.vote(given["classification_id"], value)))
                self._done()
            except SkyhubError as error:
                said.value = alert(error.message)

        for_it, against, back = (
            button("+1", lambda: vote(1)), button("−1", lambda: vote(-1)), button("0", lambda: vote(0)),
        )  # fmt: skip
        for_it.tooltip, against.tooltip, back.tooltip = "I think so too", "I do not think so", "Take my vote back"
        return row(for_it, against, back, said)

    def _redshift(self) -> widgets.Widget:
        """A new redshift, or other values of one that the viewer may edit; its versions stay."""
        which = widgets.Dropdown(description="Which", layout=widgets.Layout(width="340px"))
        place, history, said = widgets.Box(), widgets.HTML(), widgets.HTML()

        def ask(change: object = None) -> None:
            place.children = (self._redshift_form(which.value, said),)
            history.value = "" if which.value is None else self._versions(which.value)

        def tell() -> None:
            chosen, before = which.value, which.options
            which.options = tuple({"a new one": None, **self._known_redshifts()}.items())
            which.layout.display = None if len(which.options) > 1 else "none"
            which.value = chosen if chosen in dict(which.options).values() else None
            if which.value != chosen or (chosen is not None and which.options != before):
                ask()

        self._show_news(tell)
        which.observe(ask, "value")
        ask()
        return stack(which, place, said, history)

    def _known_redshifts(self) -> dict[str, str]:
        return {
            f"{z['redshift']:.5g} ({z['type']}, by {z['author']})": z["redshift_id"]
            for z in self._record()["redshifts"]
        }

    def _redshift_form(self, number: str | None, said: widgets.HTML) -> widgets.Widget:
        records = self._page.sky.redshifts
        standing = None if number is None else records.get(number)
        schema = parameters_of(records.schema)
        form = form_from_schema({name: schema[name] for name in _REDSHIFT_FIELDS}, submit="Store")
        if standing is not None:
            form.fill(**{name: standing[name] for name in _REDSHIFT_FIELDS})

        def store(values: dict[str, Any]) -> None:
            def write(object_id: str) -> str:
                if standing is None:
                    records.add(object_id=object_id, **values)
                else:
                    records.edit(standing["redshift_id"], version=standing["version"], **values)
                return "The redshift was stored."

            self._carry_out(write, said)

        form.on_submit(store)
        form.layout.max_width = "420px"
        return form

    def _versions(self, number: str) -> str:
        rows = self._page.sky.redshifts.history(number)
        told = "; ".join(
            f"{z['redshift']:.5g} by {z['edited_by'] or z['author']}, {str(z['known_at'])[:16]} UTC" for z in rows
        )
        return note(f"Versions: {told}")

    def _tags(self) -> widgets.Widget:
        sky = self._page.sky
        tag = widgets.Dropdown(
            options=["", *(t["name"] for t in sky.tags.rows())], description="Tag", layout=widgets.Layout(width="240px")
        )
        name = widgets.Combobox(
            options=["favourites", "watched"], value="favourites", description="List", ensure_option=False
        )
        name.layout.width = "240px"

        def put_tag(object_id: str) -> str:
            if not tag.value:
                return "Choose a tag first; new ones are made in the Library."
            sky.object_tags.add(object_id=object_id, tag=tag.value)
            return f"Tagged {tag.value}."

        def toggle(object_id: str) -> str:
            return f"{'On' if sky.lists.toggle(object_id, name.value) else 'Off'} your list {name.value}."

        off, said = row(), widgets.HTML()

        def tell() -> None:
            off.children = tuple(self._take_off(t, said) for t in self._record()["tags"])

        self._show_news(tell)
        return stack(
            self._deed(tag, verb="Put the tag on", store=put_tag),
            off,
            said,
            self._deed(name, verb="Put on or take off", store=toggle),
        )

    def _take_off(self, tag: Mapping[str, Any], said: widgets.HTML) -> widgets.Widget:
        def remove(object_id: str) -> str:
            self._page.sky.object_tags.remove(tag["object_tag_id"])
            return f"{tag['tag']} was taken off."

        made = button(f"✕ {tag['tag']}", lambda: self._carry_out(remove, said))
        made.tooltip = f"Take the tag {tag['tag']} off"
        return made

    def _show_news(self, tell: Callable[[], object]) -> None:
        """Let a panel tell how the object is, now and after each change."""
        tell()
        self._news.append(tell)

    def _deed(self, *controls: widgets.Widget, verb: str, store: Callable[[str], str]) -> widgets.Widget:
        """Controls, a button, and what came of it."""
        said = widgets.HTML()
        return stack(*controls, row(button(verb, lambda: self._carry_out(store, said)), said))

    def _carry_out(self, store: Callable[[str], str], said: widgets.HTML) -> None:
        try:
            said.value = note(store(self._record()["object_id"]))
        except SkyhubError as error:
            said.value = alert(error.message)
            return
        self._done()


def _ballot(given: Mapping[str, Any]) -> str:
    return f"{given['classification']} by {given['author']}: +{given['votes_for']} −{given['votes_against']}"
