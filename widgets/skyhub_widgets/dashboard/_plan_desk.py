"""The desk of a plan: forms, a live preview, the optimiser, and fields that are pinned or left out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import JointPlan, Plan
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.science.nights import datetime_of_mjd

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._plan_data import joint_label
from skyhub_widgets._plan_figures import PlanFigures
from skyhub_widgets.dashboard._contours import contours_of
from skyhub_widgets.dashboard._fields import dropdown, words_of
from skyhub_widgets.dashboard._localization_choice import title_of
from skyhub_widgets.dashboard._newest_answer import Going, NewestAnswer
from skyhub_widgets.dashboard._plan_field import FieldPanel
from skyhub_widgets.dashboard._plan_others import OtherTelescopes, compact, own_of_text
from skyhub_widgets.dashboard._plan_texts import joint_summary_html, summary_html
from skyhub_widgets.dashboard._plan_wishes import LOCAL, RARE, WISHES, own_texts_of, texts_of, wishes_of
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

_Made = tuple[Plan | JointPlan, dict[str, Any]]
"""A plan with its timeline, or plans of several telescopes with theirs."""


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
        self.joint: JointPlan | None = None
        self._localization = dropdown("Localization", [])
        self._instrument = dropdown("Instrument", [])
        self._known, self._named = widgets.HTML(), widgets.HTML()
        self.others = OtherTelescopes(self._other_telescopes, self._wish)
        self.form: Form = compact(form_from_schema(WISHES, submit="Optimise", folded=RARE))
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
        left = stack(times, self.form, self.others.box)
        left.layout.flex, left.layout.max_width = "1 1 300px", "420px"
        right = stack(self._said, self._refusal, self._progress, self.figures, self.field.box)
        right.layout.flex, right.layout.min_width, right.layout.overflow = "3 1 420px", "0", "visible"
        both = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px"))
        chosen = row(self._localization, self._instrument, self.others.choice, self._known)
        self.box = stack(chosen, self._named, both)

    @property
    def params(self) -> dict[str, str]:
        """What is wished, as parameters of the address."""
        standing = texts_of({})
        told = {name: text for name, text in self.form.texts.items() if text != standing[name]}
        where = {"localization": self._localization.value or "", "instrument": self._instrument.value or ""}
        return {**where, **self.others.params, **told}

    @property
    def parts(self) -> list[Plan]:
        """The plans that are shown: none, one, or those of several telescopes."""
        if self.joint is not None:
            return list(self.joint["plans"])
        return [] if self.plan is None else [self.plan]

    def part_of(self, field: str) -> tuple[Plan, str] | None:
        """The plan of which a field is, and its number as text; None if it is of none that is shown."""
        if self.joint is None:
            return None if self.plan is None else (self.plan, field)
        name, _, number = field.rpartition(" ")
        return next(((part, number) for part in self.parts if part["instrument"] == name), None)

    def label_of(self, plan: Plan, number: int) -> str:
        """What a field of a plan is called: it has the instrument before its number, if there are several."""
        return str(number) if self.joint is None else joint_label(plan["instrument"], number)

    def form_of(self, field: str) -> Form:
        """The form with the lists of fields on which a field may be."""
        part = self.part_of(field)
        return self.form if part is None else self.others.forms.get(part[0]["instrument"], self.form)

    def open(self, params: Mapping[str, str]) -> None:
        """Take what an address wishes, and preview it."""
        self._list()
        self._quiet = True
        try:
            self._choose(params.get("localization", ""), params.get("instrument", ""))
            self.form.fill(**(texts_of({}) | {name: params[name] for name in WISHES if name in params}))
            self._take_others(params)
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
            self.others.take({})
            self._describe()
        finally:
            self._quiet = False
        self._answers.ask(lambda _: self._made(plan), self._show_kept, self._refuse)

    def open_kept_together(self, joint: JointPlan) -> None:
        """Show plans of several telescopes that are kept, with their wishes."""
        self.cancel()
        self._list()
        first, *rest = joint["plans"]
        self._quiet = True
        try:
            self._choose(str(first["localization_id"] or ""), first["instrument"])
            self.form.fill(**texts_of(first["wishes"]))
            self.others.take({part["instrument"]: own_texts_of(part["wishes"], first["wishes"]) for part in rest})
            self._describe()
        finally:
            self._quiet = False
        self._answers.ask(lambda _: self._made(joint), self._show_kept, self._refuse)

    def wish(self, form: Form | None = None, **changes: Any) -> None:
        """Change wishes of the form, or of another telescope's, and preview them."""
        (form or self.form).fill(**changes)

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
        if self.form.errors or self.others.errors or not (self._localization.value and self._instrument.value):
            self._answers.drop()
            return
        try:
            wishes, own = {**wishes_of(self.form.value), "method": method}, self.others.own()
        except SkyhubError as error:
            self._answers.drop()
            self._refuse(error)
            return
        if not self.parts:
            self._said.value = note("The first preview of a map with a camera takes some seconds.")
        first = str(self._instrument.value)
        if own:
            own = {first: {name: wishes.pop(name) for name in LOCAL if name in wishes}, **own}
        where = self._localization.value, first, wishes.pop("start"), wishes.pop("filters", [])
        self._answers.ask(lambda going: self._drafted(where, own, wishes, going), told, self._refuse)

    def _drafted(self, where: tuple[Any, ...], own: dict[str, Any], wishes: Mapping[str, Any], going: Going) -> _Made:
        """A plan and its timeline, found in a thread; of several telescopes, if there are own wishes of each."""

        def told(stage: str, share: float) -> None:
            if not going():
                raise _Cancelled
            self._page.in_main(self._tell, going, stage, share)

        listens: dict[str, Any] = {"told": told} if wishes["method"] == "optimise" else {}
        localization, instrument, start, filters = where
        plans = self._page.sky.plans
        if own:
            return self._made(plans.together(localization, [*own], start, filters, own=own, **wishes, **listens))
        return self._made(plans.draft(localization, instrument, start, filters, **wishes, **listens))

    def _made(self, plan: Plan | JointPlan) -> _Made:
        plans = self._page.sky.plans
        return plan, plans.timelines(plan["plans"]) if isinstance(plan, JointPlan) else plans.timeline(plan)

    def _tell(self, going: Going, stage: str, share: float) -> None:
        if going():
            instrument, colon, own = stage.rpartition(": ")
            self._bar.value, self._stage.value = share, note(f"{instrument}{colon}{_STAGES.get(own, own)}")

    def _rest(self) -> None:
        """Nothing is under way."""
        self._progress.layout.display = "none"
        if self.form.busy:
            self.form.busy = ""

    def _show_preview(self, made: _Made) -> None:
        self._show(made, is_preview=True)

    def _show_best(self, made: _Made) -> None:
        self._show(made, is_preview=False)

    def _show_kept(self, made: _Made) -> None:
        self._draw_contours()
        first = made[0]["plans"][0] if isinstance(made[0], JointPlan) else made[0]
        self._show(made, is_preview=first["wishes"].get("method") == "preview")

    def _show(self, made: _Made, is_preview: bool) -> None:
        self._rest()
        looked_at = self.field.number
        plan, told = made
        if isinstance(plan, JointPlan):
            self.figures.show_together(plan, told)
            self._said.value = joint_summary_html(plan, is_preview)
            lines = {each["instrument"]: line for each, line in zip(plan["plans"], told["timelines"], strict=True)}
        else:
            self.figures.show(plan, told)
            self._said.value = summary_html(plan, is_preview)
            lines = {plan["instrument"]: told}
        self.figures.timeline.title = f"Plan with {' and '.join(lines)}"
        self.plan, self.joint = (None, plan) if isinstance(plan, JointPlan) else (plan, None)
        self.field.renew(lines, looked_at)
        self._changed()

    def _refuse(self, error: SkyhubError) -> None:
        """Say what is wrong beside its field, or else above the figures."""
        self._rest()
        own, _, field = str(error.where or "").rpartition(".")
        form = self.others.forms.get(own.removeprefix("own."), self.form)
        if not form.refuse({"constraints": "airmass"}.get(field, field), error.message):
            self._refusal.value = alert(error.message)
        if not self.parts:
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

    def _other_telescopes(self) -> None:
        """Other telescopes share the map."""
        if self._quiet:
            return
        self._quiet = True
        try:
            self._fit_filters()
        finally:
            self._quiet = False
        self._wish()

    def _take_others(self, params: Mapping[str, str]) -> None:
        """Take other telescopes from an address; say what cannot be."""
        names, texts = words_of(params.get("with", "")), dict[str, dict[str, str]]()
        try:
            texts = own_of_text(params.get("own", ""))
        except InvalidInput as error:
            self._named.value += alert(error.message)
        known = [name for name in names if name in self._instruments and name != self._instrument.value]
        for name in [*(set(names) - set(known)), *(texts.keys() - set(names))]:
            self._named.value += alert(f"{name} is no other instrument whose camera is known here. It is left out.")
        self.others.take({name: texts.get(name, {}) for name in known})

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
        instead = " Another one is chosen." if self._maps else ""
        self._named.value = "".join(alert(text + instead) for text in said)

    def _fit_filters(self) -> None:
        """Wish for filters that the instruments have: the first two, if one lacks those of the form."""
        self.others.offer(sorted(self._instruments, key=str.casefold), self._instrument.value or "")
        wished = self.form.value.get("filters") or []
        if not self._has(self._instrument.value or "", wished):
            self.form.fill(filters=self._filters_of(self._instrument.value or "")[:2])
        for name, form in self.others.forms.items():
            if not self._has(name, form.value.get("filters") or self.form.value.get("filters") or []):
                form.fill(filters=self._filters_of(name)[:2])

    def _filters_of(self, instrument: str) -> list[str]:
        return list(self._instruments.get(instrument, {}).get("filters", ()))

    def _has(self, instrument: str, filters: Sequence[str]) -> bool:
        known = [name.lower() for name in self._filters_of(instrument)]
        return bool(filters) and all(any(name.endswith(text.lower()) for name in known) for text in filters)

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
