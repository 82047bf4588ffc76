"""The desk of a plan: a form, a live preview, the optimiser, and fields that are pinned or left out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import Plan
from skyhub.errors import SkyhubError
from skyhub.science.nights import datetime_of_mjd

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._plan_figures import PlanFigures
from skyhub_widgets.dashboard._contours import contours_of
from skyhub_widgets.dashboard._fields import dropdown
from skyhub_widgets.dashboard._localization_choice import title_of
from skyhub_widgets.dashboard._newest_answer import Going, NewestAnswer
from skyhub_widgets.dashboard._plan_field import FieldPanel
from skyhub_widgets.dashboard._plan_texts import summary_html
from skyhub_widgets.dashboard._plan_wishes import RARE, WISHES, texts_of, wishes_of
from skyhub_widgets.dashboard._view import Page, alert, button, note, row, stack

__all__ = ["PlanDesk"]

_LEVELS = (0.5, 0.9)
_PAUSE = 0.15
"""How long a change waits for the next one before it is previewed (s)."""
_STAGES = {
    "begin": "Beginning",
    "visibility": "When each field can be observed",
    "preview": "A first plan",
    "optimise": "The integer program",
    "bound": "The bound",
    "replay": "The replay",
}
_MOST_LISTED = 200


class _Cancelled(Exception):
    """Nobody waits for the plan any more."""


class PlanDesk:
    """Where a plan is made.

    Parameters
    ----------
    page
        The page that it is on.
    changed
        Called when another plan is shown, or none.
    """

    def __init__(self, page: Page, changed: Callable[[], object]) -> None:
        self._page, self._changed = page, changed
        self._answers = NewestAnswer(page.in_main, _PAUSE)
        self._contours = NewestAnswer(page.in_main)
        self._quiet = True
        self.plan: Plan | None = None
        self._localization = dropdown("Localization", [])
        self._instrument = dropdown("Instrument", [])
        self._known, self._named = widgets.HTML(), widgets.HTML()
        self.form: Form = _compact(form_from_schema(WISHES, submit="Optimise", folded=RARE))
        self.form.on_change(self._wish)
        self.form.on_submit(lambda _: self.optimise())
        self._said, self._refusal = widgets.HTML(), widgets.HTML()
        self._bar = widgets.FloatProgress(min=0, max=1, layout=widgets.Layout(width="min(320px, 60%)"))
        self._stage = widgets.HTML()
        self._progress = row(self._bar, self._stage, button("Cancel", self.cancel))
        self._progress.layout.display = "none"
        self.figures = PlanFigures()
        self.field = FieldPanel(page, self)
        self.figures.on_select(self.field.show)
        for control in (self._localization, self._instrument):
            control.observe(self._other_sky, "value")
        times = row(button("Tonight at the site", self._tonight), button("From T0", self._from_t0))
        left = stack(times, self.form)
        left.layout.flex, left.layout.max_width = "1 1 300px", "420px"
        right = stack(self._said, self._refusal, self._progress, self.figures, self.field.box)
        right.layout.flex, right.layout.min_width, right.layout.overflow = "3 1 420px", "0", "visible"
        both = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px"))
        self.box = stack(row(self._localization, self._instrument, self._known), self._named, both)

    @property
    def params(self) -> dict[str, str]:
        """What is wished, as parameters of the address."""
        standing = texts_of({})
        told = {name: text for name, text in self.form.texts.items() if text != standing[name]}
        return {"localization": self._localization.value or "", "instrument": self._instrument.value or "", **told}

    def open(self, params: Mapping[str, str]) -> None:
        """Take what an address wishes, and preview it."""
        self._list()
        self._quiet = True
        try:
            self._choose(params.get("localization", ""), params.get("instrument", ""))
            self.form.fill(**(texts_of({}) | {name: params[name] for name in WISHES if name in params}))
            self._fit_filters()
        finally:
            self._quiet = False
        self._other_sky()

    def open_kept(self, plan: Plan) -> None:
        """Show a kept plan with its wishes; what is changed then makes a new one."""
        self.cancel()
        self._list()
        self._quiet = True
        try:
            self._choose(str(plan["localization_id"] or ""), plan["instrument"])
            self.form.fill(**texts_of(plan["wishes"]))
            self._describe()
        finally:
            self._quiet = False
        self._answers.ask(lambda _: self._made(plan), self._show_kept, self._refuse)

    def wish(self, **changes: Any) -> None:
        """Change wishes of the form, and preview them."""
        self.form.fill(**changes)

    def preview(self) -> None:
        """Plan at once what is wished by now; what is under way is dropped."""
        self._ask("preview", self._show_preview)

    def optimise(self) -> None:
        """Look for the best plan, with its bound; it can be cancelled."""
        self._ask("optimise", self._show_best)
        if self.form.errors:
            return
        self._bar.value, self._stage.value = 0.0, note(_STAGES["begin"])
        self._progress.layout.display, self.form.busy = None, "It is being optimised."

    def cancel(self) -> None:
        """Wait for no plan any more; the one that is shown stays."""
        self._answers.drop()
        self._rest()

    def _ask(self, method: str, told: Callable[[Any], object]) -> None:
        self._rest()
        self._refusal.value = ""
        if self.form.errors or not (self._localization.value and self._instrument.value):
            self._answers.drop()
            return
        try:
            wishes = {**wishes_of(self.form.value), "method": method}
        except SkyhubError as error:
            self._answers.drop()
            self._refuse(error)
            return
        if self.plan is None:
            self._said.value = note("The first preview of a map with a camera takes some seconds.")
        where = self._localization.value, self._instrument.value, wishes.pop("start"), wishes.pop("filters", [])
        self._answers.ask(lambda going: self._drafted(where, wishes, going), told, self._refuse)

    def _drafted(self, where: tuple[Any, ...], wishes: Mapping[str, Any], going: Going) -> tuple[Plan, dict[str, Any]]:
        """A plan and its timeline, found in a thread."""

        def told(stage: str, share: float) -> None:
            if not going():
                raise _Cancelled
            self._page.in_main(self._tell, going, stage, share)

        listens: dict[str, Any] = {"told": told} if wishes["method"] == "optimise" else {}
        localization, instrument, start, filters = where
        draft = self._page.sky.plans.draft(localization, instrument, start, filters, **wishes, **listens)
        return self._made(draft)

    def _made(self, plan: Plan) -> tuple[Plan, dict[str, Any]]:
        return plan, self._page.sky.plans.timeline(plan)

    def _tell(self, going: Going, stage: str, share: float) -> None:
        if going():
            self._bar.value, self._stage.value = share, note(_STAGES.get(stage, stage))

    def _rest(self) -> None:
        """Nothing is under way."""
        self._progress.layout.display = "none"
        if self.form.busy:
            self.form.busy = ""

    def _show_preview(self, made: tuple[Plan, dict[str, Any]]) -> None:
        self._show(made, is_preview=True)

    def _show_best(self, made: tuple[Plan, dict[str, Any]]) -> None:
        self._show(made, is_preview=False)

    def _show_kept(self, made: tuple[Plan, dict[str, Any]]) -> None:
        self._draw_contours()
        self._show(made, is_preview=made[0]["wishes"].get("method") == "preview")

    def _show(self, made: tuple[Plan, dict[str, Any]], is_preview: bool) -> None:
        self._rest()
        looked_at = self.field.number
        self.figures.show(*made)
        self.figures.timeline.title = f"Plan with {made[0]['instrument']}"
        self._said.value = summary_html(made[0], is_preview)
        self.plan = made[0]
        self.field.renew(made[1], looked_at)
        self._changed()

    def _refuse(self, error: SkyhubError) -> None:
        """Say what is wrong beside its field, or else above the figures."""
        self._rest()
        field = str(error.where or "").rpartition(".")[2]
        if not self.form.refuse({"constraints": "airmass"}.get(field, field), error.message):
            self._refusal.value = alert(error.message)
        if self.plan is None:
            self._said.value = ""
        else:
            self._refusal.value += note("Shown is the last plan that could be made.")

    def _wish(self) -> None:
        if self._quiet:
            return
        self._page.keep("plan", **self.params)
        self.preview()

    def _other_sky(self, change: object = None) -> None:
        if self._quiet:
            return
        self._quiet = True
        try:
            self._fit_filters()
        finally:
            self._quiet = False
        self._describe()
        self._draw_contours()
        self._wish()

    def _draw_contours(self) -> None:
        for name in (f"{level:.0%}" for level in _LEVELS):
            self.figures.sky.remove(name)
        self._contours.drop()
        if number := self._localization.value:
            self._contours.ask(
                lambda _: contours_of(self._page.sky, number, _LEVELS), self.figures.draw_contours, self._refuse
            )

    def _list(self) -> None:
        """List localizations and instruments anew; what is chosen stays chosen."""
        maps = self._page.sky.localizations.rows(limit=_MOST_LISTED)
        self._maps = {str(one["localization_id"]): one for one in maps}
        cameras = [one for one in self._page.sky.instruments.rows() if one.get("footprint") and one.get("filters")]
        self._instruments = {str(one["name"]): one for one in cameras}
        before, self._quiet = self._quiet, True
        for control, options in (
            (self._localization, [(title_of(one), number) for number, one in self._maps.items()]),
            (self._instrument, [(name, name) for name in sorted(self._instruments, key=str.casefold)]),
        ):
            chosen = control.value
            control.options = options
            control.value = chosen if chosen in dict(options).values() else (options[0][1] if options else None)
        self._quiet = before
        if not maps:
            self._refusal.value = alert(
                "There is no localization that you may see: bring a notice or a sky map in first."
            )

    def _choose(self, localization: str, instrument: str) -> None:
        """Choose what an address names, also a localization too old to be listed; say what one may not see."""
        said = []
        if localization and localization not in self._maps:
            try:
                self._maps[localization] = one = self._page.sky.localizations.get(localization)
                self._localization.options = [*self._localization.options, (title_of(one), localization)]
            except SkyhubError as error:
                said.append(error.message)
        if instrument and instrument not in self._instruments:
            said.append(f"{instrument} is no instrument whose camera is known here.")
        if localization in self._maps:
            self._localization.value = localization
        if instrument in self._instruments:
            self._instrument.value = instrument
        self._named.value = "".join(alert(f"{text} Another one is chosen.") for text in said)

    def _fit_filters(self) -> None:
        """Wish for filters that the instrument has: its first two, if it lacks those of the form."""
        known = list(self._instruments.get(self._instrument.value or "", {}).get("filters", ()))
        wished = self.form.value.get("filters") or []
        if not wished or not all(any(name.lower().endswith(text.lower()) for name in known) for text in wished):
            self.form.fill(filters=known[:2])

    def _describe(self) -> None:
        one = self._instruments.get(self._instrument.value or "")
        told = f"{one['telescope']} · filters {', '.join(one['filters'])}" if one else ""
        self._known.value = note(told)

    def _tonight(self) -> None:
        """From sunset to sunrise at the site, or from now on if it is night."""
        one, place = self._instruments[self._instrument.value], self._maps[self._localization.value]
        where = f"{place['max_ra']} {place['max_dec']}"
        try:
            [night] = self._page.sky.observability(position=where, telescopes=[one["telescope"]]).to_rows()
        except SkyhubError as error:
            self._refuse(error)
            return
        sunset = json.loads(night["twilights"])["sunset"]
        if sunset["begin"] is None:
            self._refusal.value = alert(f"The Sun does not set at {escape(one['telescope'])} tonight.")
            return
        self._set_times(*(_second(sunset[name]) for name in ("begin", "end")))

    @property
    def t0(self) -> str | None:
        """The time of the event of the localization that is chosen, if it is known."""
        dateobs = self._maps.get(self._localization.value or "", {}).get("dateobs")
        return None if dateobs is None else str(dateobs)[:19].replace(" ", "T")

    def _from_t0(self) -> None:
        if self.t0 is None:
            self._refusal.value = alert("This localization is of no event: its T0 is not known. Give the start.")
            return
        self._set_times(self.t0, "")

    def _set_times(self, start: str, end: str) -> None:
        self.wish(start=start, end=end, hours="" if end else "24")


def _second(mjd: float) -> str:
    return datetime_of_mjd(mjd).replace(microsecond=0, tzinfo=None).isoformat()


def _compact(form: Form) -> Form:
    """The form with two fields side by side, also of those that are folded."""
    form.layout.display, form.layout.grid_template_columns = "grid", "repeat(2, minmax(0, 1fr))"
    for wide in form.children[-3:]:
        wide.layout.grid_area = "auto / 1 / auto / -1"
    rare = form.children[-2]
    rare.layout.flex_flow = "row wrap"
    for field in rare.children:
        field.layout.flex, field.layout.min_width = "1 1 45%", "0"
    return form
