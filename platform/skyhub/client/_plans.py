"""Plans of observations through the client: drafted by the service, as a table, drawn against time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from skyhub.client._axes import axes_or_new
from skyhub.client._localizations import content_of
from skyhub.client._options import require_known
from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput, Unavailable, error_from_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["WISHES", "JointPlan", "Plan", "Plans"]

WISHES = (
    "hours", "end", "exposure", "visits", "filter_strategy", "balance_exposure", "gap", "airmass", "sun_altitude",
    "moon_separation", "moon_illumination", "hour_angle", "credible_level", "max_fields", "total_hours", "order", "pointings",
    "catalog", "weight", "field_set", "references", "galactic_latitude", "ra_range", "field_ids", "excluded_fields",
    "pinned_fields", "subtract", "subtract_deeper", "subtract_visits", "method", "budget",
)  # fmt: skip
"""Names of wishes, as `skyhub.planning.PlanAsked` has them."""


class Plan(dict[str, Any]):
    """One plan: what it reaches by name, and its observations."""

    @cached_property
    def observations(self) -> SkyTable:
        """The exposures in order: ``field_id, ra, dec, filter, bandpass, start, exposure_s``."""
        return SkyTable.from_rows(self["observations"])

    def export(
        self, form: str, out: str | Path | None = None, fields: Sequence[Mapping[str, Any]] = (), **program: Any
    ) -> bytes:
        """The plan as a file.

        Parameters
        ----------
        form
            ``csv``, ``json``, ``ecsv``, ``ztf`` (its queue), ``rubin`` (a list for its scheduler), ``gcn`` (the text of a circular)
            or ``ds9`` (regions).
        out
            Where to write it, if at all.
        fields
            The ``fields`` that `Plans.timeline` gives, whose outlines the regions are; points without.
        **program
            Of the queue: ``program_id, program_pi, subprogram_name, queue_name``.

        Returns
        -------
        bytes
            What the file holds.

        Raises
        ------
        InvalidInput
            If there is no such format, or ZTF cannot observe the plan.
        """
        from skyhub.adapters.telescopes import Program
        from skyhub.planning import export_plan

        require_known(program, Program._fields, "part of a program")
        content = export_plan(self, form, Program(**program), fields)
        if out is not None:
            Path(out).write_bytes(content)
        return content

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the fields on the sky (ICRS, deg), coloured by when they are first observed.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        first = {row["field_id"]: n for n, row in reversed([*enumerate(self["observations"])])}
        rows = [self["observations"][n] for n in first.values()]
        ax = axes_or_new(axes)
        ax.scatter([r["ra"] for r in rows], [r["dec"] for r in rows], c=[*first.values()], marker="s")
        ax.invert_xaxis()
        ax.set_xlabel("right ascension (deg)")
        ax.set_ylabel("declination (deg)")
        ax.set_title(f"{self['instrument']}: {self['probability']:.3f} of at most {self['upper_bound']:.3f}")
        return ax

    def __repr__(self) -> str:
        return (
            f"<Plan with {self['instrument']}: {self['n_observations']} observations of {self['n_fields']} fields, "
            f"{self['probability']:.3f} of at most {self['upper_bound']:.3f}>"
        )


class JointPlan(dict[str, Any]):
    """Plans of several telescopes for one localization: what they reach together by name, and ``plans``."""

    def __repr__(self) -> str:
        names = ", ".join(plan["instrument"] for plan in self["plans"])
        return f"<JointPlan with {names}: {self['probability']:.3f} of at most {self['upper_bound']:.3f}>"


_KEPT = (
    "localization_id", "instrument", "telescope", "wishes", "observations", "visits", "probability", "upper_bound", "area",
    "notes", "planned_at",
)  # fmt: skip
"""What is kept of a plan besides its name."""


class Plans(Records):
    """Plans of observations over localizations: draft them, keep them; call it for a table of those that are kept.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> plan = sky.plans.draft("bayestar.multiorder.fits", "ZTF", "2019-04-25T08:18:05", ["g", "r"], hours=24)  # doctest: +SKIP
    >>> plan["probability"], plan["upper_bound"]                                                # doctest: +SKIP
    >>> sky.plans.save(plan, "first night", groups=["transients"])["plan_id"]                   # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "plans")

    def draft(
        self,
        localization: int | str | Path | bytes,
        instrument: str,
        start: datetime | str,
        filters: Sequence[str] | str,
        *,
        as_of: datetime | str | None = None,
        told: Callable[[str, float], object] | None = None,
        **wishes: Any,
    ) -> Plan:
        """Plan observations of a localization; nothing is stored.

        Parameters
        ----------
        localization
            The number of a stored one (digits alone), or the path or bytes of a FITS file.
        instrument
            Its name.
        start
            Begin (UTC).
        filters
            Filters; visits take them in turn.
        as_of
            With the fields and limits known at this time.
        told
            Is told the stage and the share that is done, four times a second; what it raises ends the work.
        **wishes
            ``hours`` or ``end``; ``exposure`` (s), ``visits, filter_strategy, balance_exposure``, ``gap`` (min), ``airmass,
            sun_altitude, moon_separation, moon_illumination, hour_angle, credible_level, max_fields, total_hours, order, field_set,
            references, galactic_latitude, ra_range, field_ids, excluded_fields, pinned_fields``; ``pointings`` (fields, own
            or galaxies, of a ``catalog`` by ``weight``); ``subtract="observed"`` with ``subtract_deeper`` (mag) and
            ``subtract_visits``; ``method`` (preview or optimise) and ``budget`` (s).

        Raises
        ------
        InvalidInput
            If nothing can be planned so; the message says what to change.
        """
        given = self._asked(localization, start, filters, as_of, {**wishes, "instrument": instrument})
        path = "/api/plans/draft"
        return Plan(self._transport.post(path, given) if told is None else self._followed(path, given, told))

    def together(
        self,
        localization: int | str | Path | bytes,
        instruments: Sequence[str],
        start: datetime | str,
        filters: Sequence[str] | str,
        *,
        own: Mapping[str, Mapping[str, Any]] | None = None,
        as_of: datetime | str | None = None,
        told: Callable[[str, float], object] | None = None,
        **wishes: Any,
    ) -> JointPlan:
        """Plan observations of a localization with several telescopes, each for what the others leave; nothing is stored.

        Parameters
        ----------
        localization, start, filters, as_of, told, **wishes
            As in `draft`; the same for all instruments, unless ``own`` says otherwise. A stage has the instrument before it, as
            ``ZTF: optimise``.
        instruments
            Their names, two or more.
        own
            By instrument, wishes that differ, as ``{"DECam": {"filters": ["z"], "exposure": 90}}``.

        Returns
        -------
        JointPlan
            ``plans``, a `Plan` for each telescope that has something to do, with what it ``added``; ``idle``, why the others
            have not; ``probability, area`` (deg²) and ``upper_bound`` of all together.

        Raises
        ------
        InvalidInput
            If no telescope can observe anything.
        """
        given = self._asked(localization, start, filters, as_of, wishes)
        body = {**given, "instruments": [*instruments], "own": {name: {**some} for name, some in (own or {}).items()}}
        path = "/api/plans/draft/together"
        found = self._transport.post(path, body) if told is None else self._followed(path, body, told)
        return JointPlan({**found, "plans": [Plan(each) for each in found["plans"]]})

    def _asked(
        self,
        localization: int | str | Path | bytes,
        start: datetime | str,
        filters: Sequence[str] | str,
        as_of: datetime | str | None,
        wishes: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What is asked for, as it travels."""
        require_known({name: 0 for name in wishes if name != "instrument"}, WISHES, "wish")
        times = {"start": start, "end": wishes.get("end")}
        said = {name: time if isinstance(time, str) else iso_time(time) for name, time in times.items()}
        body = {**wishes, "filters": _names(filters), **said, **_localization(localization)}
        body["as_of"] = self._transport.moment(as_of)
        return {name: value for name, value in body.items() if value is not None}

    def save(self, plan: Mapping[str, Any], name: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Keep a plan under a name; returns it as it is kept, a draft.

        Parameters
        ----------
        plan
            What `draft` or `load` gave.
        name
            What it is called.
        groups
            Who shall see it; by default those of your groups that see its localization.

        Raises
        ------
        PermissionRefused
            If not everybody whom you name may see the localization.
        """
        return self.add(name=name, groups=groups, **{field: plan[field] for field in _KEPT})

    def save_together(self, joint: JointPlan, name: str, groups: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Keep the plans of several telescopes, all or none of them: each is a plan of its own, named after its instrument too.

        Parameters
        ----------
        joint
            What `together` gave.
        name, groups
            As in `save`.

        Returns
        -------
        list of dict
            The plans as they are kept, drafts; ``together`` is the same for all of them.
        """
        key = uuid4().hex
        parts = [{field: plan[field] for field in _KEPT} for plan in joint["plans"]]
        named = [{**part, "name": f"{name}, {part['instrument']}", "together": key} for part in parts]
        kept: list[dict[str, Any]] = self.add_all(named, groups)["records"]
        return kept

    def load_together(self, plan_id: int | str, *, as_of: datetime | str | None = None) -> JointPlan:
        """The plans of several telescopes that were kept together, those of them that you may see.

        Parameters
        ----------
        plan_id
            Any of them.
        as_of
            As they were then.

        Returns
        -------
        JointPlan
            As `together` gives it; ``upper_bound`` is the sum of those of these plans, 1 at most.

        Raises
        ------
        InvalidInput
            If the plan was made for one telescope alone.
        """
        first = self.get(plan_id, as_of=as_of)
        if not first.get("together"):
            raise InvalidInput(f"plan {plan_id} is of one telescope alone: use load({plan_id}).", "plan_id")
        rows = self.rows(together=first["together"], author=first["author"], as_of=as_of)
        plans = [self.load(row["plan_id"], as_of=as_of) for row in reversed(rows)]
        told = self.timelines(plans)
        bound = min(1.0, sum(plan["upper_bound"] for plan in plans))
        reached = {name: told[name] for name in ("probability", "area")}
        return JointPlan({"plans": plans, "idle": {}, **reached, "upper_bound": max(bound, told["probability"])})

    def timelines(
        self,
        plans: Sequence[Plan],
        localization: int | str | Path | bytes | None = None,
        *,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """Plans of several telescopes for one localization along their nights.

        Parameters
        ----------
        plans
            What `together` gave as ``plans``, or `load` gave.
        localization
            The path or bytes of the file that they are from; not needed if the localization is stored.
        as_of
            By what was known at this time; by default when each plan was made.

        Returns
        -------
        dict
            ``timelines``, as `timeline` gives them, in the order of the plans; ``together``: by ``end`` (MJD, UTC) the
            ``probability`` within the fields of all that are complete by then; ``probability`` and ``area`` (deg²) at last.

        Raises
        ------
        InvalidInput
            If the plans are for different maps.
        """
        known = {} if as_of is None else {"as_of": iso_time(as_of)}
        body = {"plans": [{**_remade(plan, localization), **known} for plan in plans]}
        found: dict[str, Any] = self._transport.post("/api/plans/timeline/together", body)
        return found

    def load(self, plan_id: int | str, *, as_of: datetime | str | None = None) -> Plan:
        """A plan that is kept, with its observations."""
        document = self.get(plan_id, as_of=as_of)
        observations = self._transport.get(f"{self._path(plan_id)}/observations", as_of=iso_time(as_of))["rows"]
        return Plan({**document, "observations": observations})

    def export(
        self,
        plan_id: int | str,
        form: str,
        out: str | Path | None = None,
        *,
        as_of: datetime | str | None = None,
        **program: Any,
    ) -> bytes:
        """A kept plan as a file.

        Parameters
        ----------
        plan_id
            Its number.
        form
            One of those of `Plan.export`, ``pdf`` (sky, night, airmass, probability, table) or ``gif`` (the night as an animation).
        out
            Where to write it, if at all.
        as_of
            As it was then.
        **program
            Of the queue: ``program_id, program_pi, subprogram_name, queue_name``.

        Returns
        -------
        bytes
            What the file holds.

        Raises
        ------
        InvalidInput
            If there is no such format, or the plan cannot have it.
        """
        path = f"{self._path(plan_id)}/export"
        content = self._transport.get_bytes(path, format=form, as_of=iso_time(as_of), **program)
        if out is not None:
            Path(out).write_bytes(content)
        return content

    def explain(
        self,
        plan: int | str | Plan,
        localization: int | str | Path | bytes | None = None,
        *,
        fields: Sequence[int] | None = None,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Why fields are in a plan or not, those with most probability first.

        Parameters
        ----------
        plan
            The number of a kept plan, or one that `draft` gave.
        localization
            The path or bytes of the file that a draft is from; not needed if the localization is stored.
        fields
            Only these; by default all with probability.
        as_of
            The kept plan as it was then.

        Returns
        -------
        SkyTable
            ``field_id, ra, dec`` (ICRS, deg), ``verdict`` (observed, no probability, out of limits, visits do not fit, adds too
            little, no room), ``probability, gain``, ``starts`` (UTC) and ``airmass`` of its exposures, ``limits`` that are never
            kept, ``best_airmass`` and ``observable`` (h); ``subtracted``, the probability in it that was observed before.
        """
        if not isinstance(plan, Plan):
            path = f"{self._path(plan)}/explanation"
            return SkyTable.from_rows(
                self._transport.get(path, field_id=fields and list(fields), as_of=iso_time(as_of))["fields"]
            )
        body = {**_remade(plan, localization), "explain": fields and list(fields)}
        return SkyTable.from_rows(self._transport.post("/api/plans/explain", body)["fields"])

    def timeline(
        self,
        plan: int | str | Plan,
        localization: int | str | Path | bytes | None = None,
        *,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """A plan along its nights.

        Parameters
        ----------
        plan, localization, as_of
            As in `explain`.

        Returns
        -------
        dict
            ``nights`` with ``twilights`` and the Moon; ``mjd`` (UTC) with ``sun_altitude, moon_altitude`` (deg);
            ``observations`` with ``airmass`` and the ``probability`` that is complete when each ends; ``fields`` with
            their ``outline`` (ICRS, deg).
        """
        found: dict[str, Any] = (
            self._transport.post("/api/plans/timeline", _remade(plan, localization))
            if isinstance(plan, Plan)
            else self._transport.get(f"{self._path(plan)}/timeline", as_of=iso_time(as_of))
        )
        return found

    def _followed(self, path: str, asked: Mapping[str, Any], told: Callable[[str, float], object]) -> dict[str, Any]:
        """Draft a plan and tell how far it is."""
        with closing(self._transport.post_for_lines(f"{path}/progress", asked)) as lines:
            for line in lines:
                if "error" in line:
                    raise error_from_json(line["status"], line)
                if "plan" in line:
                    made: dict[str, Any] = line["plan"]
                    return made
                told(line["stage"], line["share"])
        raise Unavailable("the data service ended before the plan was made. Try again.", "plans")

    def approve(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Approve a kept plan as you have seen it: what `save`, `load` or `get` gave.

        Raises
        ------
        Conflict
            If it was changed in the meantime.
        """
        return self.edit(plan["plan_id"], version=plan["version"], state="approved", approved=plan["digest"])

    def send(
        self,
        plan_id: int | str,
        allocation_id: int | str,
        *,
        groups: Sequence[str] | None = None,
        comment: str = "",
        **payload: Any,
    ) -> dict[str, Any]:
        """Send an approved plan to its telescope; returns the request, which `Sky.requests` follows and cancels.

        Parameters
        ----------
        plan_id
            A kept plan.
        allocation_id
            On whose time.
        groups
            Who shall see the request; by default those of your groups that see the allocation and the plan.
        comment
            Why; for the team.
        **payload
            What the form of the queue says (`Sky.requests.queues`), as ``program_pi="Kulkarni"``.

        Raises
        ------
        Conflict
            If the plan is not approved, or the allocation may not be used now.
        PermissionRefused
            If you are in no group of the allocation.
        """
        body = {"allocation_id": int(allocation_id), "payload": payload, "comment": comment}
        document: dict[str, Any] = self._transport.post(
            f"{self._path(plan_id)}/send", {**body, "groups": groups and list(groups)}
        )
        return document


def _remade(plan: Plan, localization: int | str | Path | bytes | None) -> dict[str, Any]:
    """What a plan was asked for, with its observations. Raises `InvalidInput` if its file has to be given."""
    where = plan["localization_id"] if localization is None else localization
    if where is None:
        raise InvalidInput("the plan is from a file: give its path or bytes as localization.", "localization")
    return {
        **plan["wishes"], **_localization(where), "instrument": plan["instrument"], "as_of": plan["planned_at"],
        "observations": plan["observations"],
    }  # fmt: skip


def _names(filters: Sequence[str] | str) -> list[str]:
    return filters.split(",") if isinstance(filters, str) else [*filters]


def _localization(given: int | str | Path | bytes) -> Mapping[str, Any]:
    if isinstance(given, int) or (isinstance(given, str) and given.isdecimal()):
        return {"localization_id": int(given)}
    return {"content": b64encode(content_of(given)).decode()}
