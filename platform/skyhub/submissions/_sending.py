"""Sending: what was approved is queued, claimed with a lease by a worker, sent, and kept for ever.

What is guaranteed: nothing is sent but the text that was approved, byte for byte. A circular that is known to have arrived is
never sent again. If a worker ends, or GCN does not answer, between sending and hearing of it, nobody knows; it then counts as
perhaps sent, and nobody can edit it. Through the api it is looked for among GCN's circulars of that time, and sent again only
if GCN has published none with this subject and text; if GCN does not tell, it waits. Through e-mail nothing can be looked for:
it is not sent again, and a person says what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from skyhub.adapters.gcn_circulars import OutgoingCircular, form_address
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.records import current_row, get
from skyhub.submissions._accounts import CIRCULAR_ACCOUNTS
from skyhub.submissions._drafts import CIRCULARS, warnings_of
from skyhub.submissions._signing import CircularRules, require_member, require_seen
from skyhub.submissions._standing import APPROVED, Standing, put_step, standing_of

__all__ = ["LEASE", "SendingOutcome", "claim_sending", "finish_sending", "request_sending", "tell_outcome"]

LEASE = timedelta(minutes=5)
"""Longer than sending takes with all that it may wait for."""

_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_DUE = """
    SELECT c.*, s.step, s.account_id, s.next_at FROM @circulars AS c JOIN (
        SELECT * FROM @circular_states QUALIFY row_number() OVER (PARTITION BY circular_id ORDER BY circular_state_id DESC) = 1
    ) AS s USING (circular_id, version)
    WHERE s.step IN ('queued', 'sending') AND s.next_at <= ? ORDER BY s.circular_state_id
"""
_ACCOUNT = "SELECT way, address, client_id, sealed FROM @circular_accounts WHERE circular_account_id = ?"
_NEWEST = "SELECT * FROM circulars WHERE circular_id = ? ORDER BY version DESC LIMIT 1"


@dataclass(frozen=True)
class SendingOutcome:
    """What came of sending."""

    state: Literal["sent", "retry", "failed"]
    """failed: refused for good."""
    detail: str = ""
    number: int | None = None
    """Of the circular at GCN, if it told."""
    unsure: bool = False
    """Whether it may have arrived nevertheless."""
    looked: bool = False
    """Whether GCN was looked through for what an earlier try may have left there, in vain."""
    retry_after: float | None = None
    """From how many seconds on GCN wants to be asked again."""


def request_sending(
    db: Database,
    viewer: Viewer,
    circular_id: int,
    version: int,
    way: Literal["form", "api", "email"],
    account_id: int | None = None,
) -> dict[str, Any]:
    """Have a circular sent that was approved.

    Parameters
    ----------
    db, viewer, circular_id, version
        The database, who asks, what, and in which version the viewer has seen it.
    way
        ``api`` or ``email`` (through an account), or ``form``: by the viewer, in GCN's form.
    account_id
        By which account; one that the viewer may see.

    Returns
    -------
    dict
        The circular; for the form with its address (``url``).

    Raises
    ------
    PermissionRefused
        If the viewer may not send, or is in none of its groups.
    InvalidInput
        If the way is not permitted, or the account is none for it.
    Conflict
        If this version was not approved, or is on its way already.
    """
    viewer.require("approve")
    row = current_row(db, viewer, CIRCULARS, circular_id)
    require_member(db, viewer, row)
    settings = db.part(CircularRules).settings
    if way not in settings.ways:
        raise InvalidInput(f"the way {way!r} is closed: {', '.join(settings.ways) or 'none'} (circulars.ways).", "way")
    _require_account(db, viewer, way, account_id)
    step = "handed over" if way == "form" else "queued"

    def write(transaction: Transaction) -> None:
        stands = require_seen(transaction, row, version)
        if stands.state == step == "handed over":
            return  # the form is opened again
        if stands.state not in APPROVED:
            raise Conflict(
                f"version {version} of circular {circular_id} is {stands.state}: only what is approved is sent."
            )
        now = transaction.now.replace(tzinfo=None)
        put_step(transaction, row, step, viewer.name, way=way, account_id=account_id, next_at=now, attempts=0)

    db.writer.write(write)
    document = get(db, viewer, CIRCULARS, circular_id)
    return {**document, "url": form_address(settings.origin, _outgoing(row))} if way == "form" else document


def tell_outcome(
    db: Database, viewer: Viewer, circular_id: int, *, sent: bool, number: int | None = None
) -> dict[str, Any]:
    """Say what became of a circular that a person has sent from the form, or of which nobody knows whether it arrived.

    Parameters
    ----------
    db, viewer, circular_id
        The database, who says it, and of what.
    sent
        Whether it was published; if not, it may be sent again.
    number
        Its number at GCN.

    Raises
    ------
    PermissionRefused
        If the viewer may not send, or is in none of its groups.
    Conflict
        If that is no question.
    """
    viewer.require("approve")
    row = current_row(db, viewer, CIRCULARS, circular_id)
    require_member(db, viewer, row)
    if number is not None and not (sent and 0 < number < 10**9):
        raise InvalidInput(f"number is {number}: that of a circular which was sent is permitted.", "number")

    def write(transaction: Transaction) -> None:
        stands = require_seen(transaction, row, row["version"])
        if stands.state not in ("handed over", "unsure") and not (
            (stands.state, stands.number) == ("sent", None) and number is not None
        ):
            raise Conflict(f"circular {circular_id} is {stands.state}: there is nothing to tell.")
        step = "sent" if sent else "not sent"
        put_step(transaction, row, step, viewer.name, way=stands.way, number=number, detail="as a person says")

    db.writer.write(write)
    return get(db, viewer, CIRCULARS, circular_id)


def claim_sending(db: Database, now: datetime) -> dict[str, Any] | None:
    """Take a lease on the next circular that is to be sent; None if there is none.

    One whose event was retracted after it was approved, or whose account is gone, is not sent; one of which it is not known
    whether it was sent by e-mail, neither.

    Returns
    -------
    dict or None
        ``circular_id, version, digest, subject, body, format, way, address, client_id, sealed``, and ``look_since``: when it
        was first sent, if that may have arrived.
    """
    moment = now.astimezone(UTC).replace(tzinfo=None)
    for row in db.reader.rows(ADMINISTRATOR, _DUE, [moment]):
        account = next(iter(db.reader.rows(ADMINISTRATOR, _ACCOUNT, [row["account_id"]])), None)
        warnings = warnings_of(db, ADMINISTRATOR, row["event"])

        def write(
            transaction: Transaction,
            row: Mapping[str, Any] = row,
            account: Mapping[str, Any] | None = account,
            warnings: list[str] = warnings,
        ) -> Standing | None:
            return _claim(transaction, row, account, warnings)

        stands = db.writer.write(write)
        if stands is not None and account is not None:
            sent = {name: row[name] for name in ("version", "digest", "subject", "body", "format")}
            since = (
                stands.first_sent_at.replace(tzinfo=UTC).isoformat() if stands.first_sent_at and stands.unsure else None
            )
            return {"circular_id": str(row["circular_id"]), **sent, **account, "look_since": since}
    return None


def finish_sending(db: Database, circular_id: int, outcome: SendingOutcome) -> dict[str, Any]:
    """Note what came of a circular that was claimed.

    Raises
    ------
    NotFound, Conflict
        If there is no such circular, or it is not being sent.
    """

    def write(transaction: Transaction) -> dict[str, Any]:
        rows = transaction.rows(_NEWEST, [circular_id])
        if not rows:
            raise NotFound(f"there is no circular {circular_id}.", str(circular_id))
        [row] = rows
        stands = standing_of(transaction, circular_id, row["version"])
        if stands.state != "sending" or stands.last is None:
            raise Conflict(f"circular {circular_id} is {stands.state}: only one that is being sent can be closed.")
        unsure = outcome.state != "sent" and (outcome.unsure or (stands.unsure and not outcome.looked))
        step = _step_after(outcome, stands, unsure)
        next_at = transaction.now.replace(tzinfo=None) + _wait(stands.attempts, outcome.retry_after)
        kept = {"way": stands.way, "account_id": stands.last["account_id"], "attempts": stands.attempts}
        found = {"number": outcome.number, "unsure": unsure, "next_at": next_at, "detail": outcome.detail[:500] or None}
        put_step(transaction, row, step, None, **kept, **found)
        return {"circular_id": str(circular_id), "state": step}

    return db.writer.write(write)


def _step_after(outcome: SendingOutcome, stands: Standing, unsure: bool) -> str:
    if outcome.state == "sent":
        return "sent"
    given_up = outcome.state == "failed" or stands.attempts >= _ATTEMPTS
    if unsure and (given_up or stands.way == "email"):
        return "unsure"
    return "failed" if given_up else "queued"


def _claim(
    transaction: Transaction, row: Mapping[str, Any], account: Mapping[str, Any] | None, warnings: list[str]
) -> Standing | None:
    """Take the lease if the circular still is to be sent; how it stood before."""
    stands = standing_of(transaction, row["circular_id"], row["version"])
    newest = transaction.rows(_NEWEST, [row["circular_id"]])[0]
    last = stands.last
    same = newest["version"] == row["version"] and newest["digest"] == row["digest"]
    if last is None or not same or (last["step"], last["next_at"]) != (row["step"], row["next_at"]):
        return None  # another worker has it, or it was edited
    abandoned = stands.state == "sending"
    stands.unsure = stands.unsure or abandoned
    kept = {"way": stands.way, "account_id": last["account_id"], "unsure": stands.unsure}
    new = [warning for warning in warnings if warning not in stands.despite]
    if stands.unsure and stands.way == "email":
        put_step(transaction, row, "unsure", None, **kept, detail="it is not known whether the mail arrived")
    elif stands.unsure and stands.attempts >= _ATTEMPTS:
        put_step(transaction, row, "unsure", None, **kept, detail="nobody finished it")
    elif new and not stands.unsure:
        put_step(transaction, row, "withdrawn", None, detail="; ".join(new))
    elif account is None:
        step = "unsure" if stands.unsure else "failed"
        put_step(transaction, row, step, None, **kept, detail="the account was removed")
    else:
        next_at = transaction.now.replace(tzinfo=None) + LEASE
        put_step(transaction, row, "sending", None, **kept, attempts=stands.attempts + 1, next_at=next_at)
        return stands
    return None


def _require_account(db: Database, viewer: Viewer, way: str, account_id: int | None) -> None:
    if way == "form":
        if account_id is not None:
            raise InvalidInput("the form is sent by yourself: leave the account out.", "account_id")
        return
    if account_id is None:
        raise InvalidInput(f"no account was given: name one of the way {way} (circular_accounts).", "account_id")
    account = current_row(db, viewer, CIRCULAR_ACCOUNTS, account_id)
    if account["way"] != way:
        raise InvalidInput(f"account {account_id} is for {account['way']}, not for {way}.", "account_id")


def _outgoing(row: Mapping[str, Any]) -> OutgoingCircular:
    return OutgoingCircular(row["subject"], row["body"], row["format"])


def _wait(attempts: int, retry_after: float | None) -> timedelta:
    wait = min(_FIRST_WAIT * 2.0 ** max(attempts - 1, 0), _LONGEST_WAIT)
    return max(wait, timedelta(seconds=min(retry_after or 0.0, _LONGEST_WAIT.total_seconds())))
