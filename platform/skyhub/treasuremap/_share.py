"""Sharing pointings: shown first, sent when somebody approves what was shown, cancelled and given a DOI later."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from skyhub.adapters.treasuremap import BANDS, Pointing, Status
from skyhub.db import Database, Viewer
from skyhub.errors import Conflict, InvalidInput
from skyhub.observations import Selection, observations_asked, since_event
from skyhub.planning import kept_plan
from skyhub.science.bandpasses import bandpass
from skyhub.science.nights import datetime_of_mjd
from skyhub.treasuremap._asked import DoiAsked, Sharing
from skyhub.treasuremap._desk import Account, account_of
from skyhub.treasuremap._kept import keep_shared, pointings_kept, restate, shared_pointings

__all__ = ["cancel_pointings", "request_doi", "share_pointings"]

_MOST = 10_000


class _Ours(NamedTuple):
    pointing: Pointing
    observation: int | None


def share_pointings(db: Database, viewer: Viewer, asked: Sharing) -> dict[str, Any]:
    """Show which pointings would be shared, or share them.

    Parameters
    ----------
    db, viewer
        The database, and who shares.
    asked
        What to share. Only with the digest of the preview as ``approved`` is anything sent.

    Returns
    -------
    dict
        ``pointings`` as they are sent, ``already`` (how many are there, ours or by chance of somebody else), ``left_out`` (how
        many have no limit, which completed ones need), ``digest``, ``sent``; after sending ``pointing_ids, refused, doi_url``.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If something that is named cannot be seen or used.
    Conflict
        If what is approved is not what there is to share now.
    Unavailable
        If the Treasure Map does not answer.
    """
    with account_of(db, viewer, asked.allocation_id) as account:
        number = account.instrument["treasuremap_id"]
        if number is None:
            raise InvalidInput(
                f"{account.instrument['name']} has no treasuremap_id: add its number at the Treasure Map by an edit.",
                "allocation_id",
            )
        ours, left_out = _ours(db, viewer, asked, account, number)
        there = [p for p in account.service.pointings(asked.graceid) if p.status != "cancelled"]
        mine = {row["pointing_id"] for row in shared_pointings(db, viewer, asked.graceid)}
        fresh = [each for each in ours if not any(_known(each.pointing, p, mine) for p in there)]
        documents = [each.pointing.document() for each in fresh]
        digest = hashlib.sha256(json.dumps([asked.graceid, asked.request_doi, documents]).encode()).hexdigest()
        told = {
            "pointings": documents, "already": len(ours) - len(fresh), "left_out": left_out, "digest": digest, "sent": False,
        }  # fmt: skip
        if asked.approved is None or not fresh:
            return told
        if asked.approved != digest:
            raise Conflict("what is to be shared has changed since it was shown: look at it again.", "approved")
        return {**told, **_send(db, viewer, asked, account, fresh)}


def _known(ours: Pointing, theirs: Pointing, mine: set[int]) -> bool:
    """Whether a pointing is there: of the same status, or, if it is planned, completed already."""
    status = ours.status == theirs.status or (ours.status == "planned" and theirs.number in mine)
    return status and ours.same_as(theirs)


def _send(db: Database, viewer: Viewer, asked: Sharing, account: Account, fresh: list[_Ours]) -> dict[str, Any]:
    creators = [creator.model_dump() for creator in asked.creators]
    pointings = [each.pointing for each in fresh]
    posted = account.service.post(asked.graceid, pointings, asked.request_doi, creators)
    taken = list(zip(fresh, posted.numbers, strict=False))
    if len(posted.numbers) != len(fresh):
        there = {p.number: p for p in account.service.pointings(asked.graceid) if p.number in set(posted.numbers)}
        taken = [(o, n) for o in fresh for n, p in there.items() if n is not None and o.pointing.same_as(p)]
    told = {
        "graceid": asked.graceid, "localization_id": asked.localization_id, "plan_id": asked.plan_id,
        "doi_url": posted.doi_url,
    }  # fmt: skip
    if taken:
        keep_shared(db, viewer, account, told, [(each.pointing, number, each.observation) for each, number in taken])
    return {"sent": True, "pointing_ids": posted.numbers, "refused": posted.refused, "doi_url": posted.doi_url}


def _ours(db: Database, viewer: Viewer, asked: Sharing, account: Account, number: int) -> tuple[list[_Ours], int]:
    """What there is to share, and how many completed ones say no limit."""
    if (asked.localization_id is None) == (asked.plan_id is None):
        raise InvalidInput("give either a localization, whose observations are shared, or a plan.", "localization_id")
    if asked.plan_id is not None:
        return _of_plan(db, viewer, asked.plan_id, account, number), 0
    assert asked.localization_id is not None
    wanted = Selection(instrument=(account.instrument["name"],), end=asked.end)
    selection = since_event(db, viewer, asked.localization_id, wanted)
    rows = [r for r in observations_asked(db, viewer, selection).to_pylist() if r["origin"] != "treasuremap"]
    deep = [row for row in rows if row["limiting_magnitude"] is not None]
    found = [
        _Ours(
            _pointing(row["ra"], row["dec"], row["mjd"], number, "completed", row["filter"])._replace(
                depth=row["limiting_magnitude"], position_angle=row["position_angle"] or 0.0
            ),
            row["observation_id"],
        )
        for row in deep
    ]
    return _few(found), len(rows) - len(deep)


def _of_plan(db: Database, viewer: Viewer, plan_id: int, account: Account, number: int) -> list[_Ours]:
    plan = kept_plan(db, viewer, plan_id)
    if plan.state not in ("approved", "sent"):
        raise InvalidInput(f"plan {plan_id} is {plan.state}: only plans that somebody approved are shared.", "plan_id")
    if plan.instrument != account.instrument["name"]:
        raise InvalidInput(
            f"plan {plan_id} is with {plan.instrument}, the allocation with {account.instrument['name']}.", "plan_id"
        )
    return _few(
        [
            _Ours(_pointing(each.ra, each.dec, 0.0, number, "planned", each.bandpass)._replace(time=each.begin), None)
            for each in plan.observations
        ]
    )


def _few(found: list[_Ours]) -> list[_Ours]:
    if len(found) > _MOST:
        raise InvalidInput(f"{len(found)} pointings are too many for one time: share at most {_MOST}.", "end")
    return found


def _pointing(ra: float, dec: float, mjd: float, number: int, status: Status, filter_: str | None) -> Pointing:
    band, wavelength, width = _band(filter_)
    return Pointing(ra % 360, dec, datetime_of_mjd(mjd), number, status, band, None, 0.0, wavelength, width)


def _band(name: str | None) -> tuple[str, float | None, float | None]:
    """What the Treasure Map calls a filter, its middle and its width (Å)."""
    if name is None:
        return "clear", None, None
    try:
        found = bandpass(name)
    except InvalidInput:
        return "other", None, None
    letters = (found.letter, found.letter.upper(), found.letter[:1].upper() if found.letter.lower() == "ks" else "")
    band = next((letter for letter in letters if letter in BANDS), "other")
    return band, found.effective_wavelength, found.width


def cancel_pointings(db: Database, viewer: Viewer, asked: DoiAsked) -> dict[str, Any]:
    """Say that planned pointings will not be observed.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If one was not shared with the allocation, or is not planned.
    Unavailable
        If the Treasure Map does not answer.
    """
    with account_of(db, viewer, asked.allocation_id) as account:
        rows = pointings_kept(db, viewer, asked.pointing_ids, asked.allocation_id)
        if wrong := [row for row in rows if row["status"] != "planned"]:
            raise InvalidInput(
                f"pointing {wrong[0]['pointing_id']} is {wrong[0]['status']}: only planned ones can be cancelled.",
                "pointing_ids",
            )
        account.service.cancel(asked.pointing_ids)
        restate(db, viewer, rows, "cancelled", status="cancelled")
    return {"cancelled": len(rows)}


def request_doi(db: Database, viewer: Viewer, asked: DoiAsked) -> dict[str, Any]:
    """Ask for a DOI of completed pointings that were shared.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If one was not shared with the allocation, or is not completed.
    Unavailable
        If the Treasure Map does not answer.
    """
    with account_of(db, viewer, asked.allocation_id) as account:
        rows = pointings_kept(db, viewer, asked.pointing_ids, asked.allocation_id)
        if wrong := [row for row in rows if row["status"] != "completed"]:
            raise InvalidInput(
                f"pointing {wrong[0]['pointing_id']} is {wrong[0]['status']}: only completed ones get a DOI.",
                "pointing_ids",
            )
        url = account.service.request_doi(asked.pointing_ids, [creator.model_dump() for creator in asked.creators])
        restate(db, viewer, rows, "given a DOI", doi_url=url)
    return {"doi_url": url, "pointings": len(rows)}
