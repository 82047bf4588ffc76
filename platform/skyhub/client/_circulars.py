"""Circulars on their way through the client: drafted from runs of reports, edited, signed and sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from skyhub.client._records import Records
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput

__all__ = ["Circulars"]


class Circulars(Records):
    """Drafts of circulars: call it for a table, or draft, write, review, approve and send them.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> draft = sky.circulars.draft(report_id, "first look", groups=["transients"])          # doctest: +SKIP
    >>> draft = sky.circulars.write(draft, body=draft["body"] + "\\nSpectra are encouraged.")  # doctest: +SKIP
    >>> sky.circulars.approve(sky.circulars.review(draft))                                   # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "circulars")

    def authors(self, text: str = "", *, as_of: datetime | str | None = None) -> list[str]:
        """Who reports, each once and in order; nobody stands for yourself.

        Parameters
        ----------
        text
            ``A. Author (Institute); @transients``: names, and groups whose lists of authors (``sky.circular_authors``) are taken.
        as_of
            With the lists of this time.

        Raises
        ------
        InvalidInput
            If a group has no list that you may see.
        """
        found: list[str] = []
        for part in filter(None, map(str.strip, text.split(";"))):
            found += self._list_of(part[1:].strip(), as_of) if part.startswith("@") else [part]
        return list(dict.fromkeys(found)) or [str(self._transport.get("/api/me")["name"])]

    def _list_of(self, group: str, as_of: datetime | str | None) -> list[str]:
        rows = Records(self._transport, "circular_authors").rows(as_of=as_of)
        own = sorted((row["position"], row["name"], row["affiliation"]) for row in rows if group in row["groups"])
        if not own:
            raise InvalidInput(
                f"the group {group!r} has no authors: add them with sky.circular_authors.add(name=…, affiliation=…, groups=…).",
                "authors",
            )
        return [f"{name} ({affiliation})" if affiliation else name for _, name, affiliation in own]

    def draft(self, report_id: str, name: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Make a draft of what a run of a report wrote; members of the groups (yours, by default) may write in it."""
        body = {"report_id": report_id, "name": name, "groups": groups and list(groups)}
        answer: dict[str, Any] = self._transport.post("/api/circulars/from-run", body)
        return answer

    def write(self, circular: dict[str, Any], **changes: str) -> dict[str, Any]:
        """Write in a draft as you have seen it: ``subject``, ``body`` or ``format``; what was approved is a draft again."""
        path = f"{self._path(circular['circular_id'])}/text"
        answer: dict[str, Any] = self._transport.send("PUT", path, {"version": circular["version"], **changes})
        return answer

    def unite(self, circular_id: int | str, report_id: str) -> dict[str, Any]:
        """Take a new run of the report in; what people wrote stays. ``conflicts`` are for you to choose."""
        return self._post(circular_id, "runs", report_id=report_id)

    def judge(
        self,
        circular_id: int | str,
        *,
        subject: str | None = None,
        body: str | None = None,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """The linter's ``findings``, ``numbers`` that are by hand, and ``warnings``; also of a text that is not stored."""
        if subject is not None and body is not None:
            return self._post(circular_id, "judgement", subject=subject, body=body)
        return self._get(circular_id, "judgement", as_of)

    def facts(self, circular_id: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any] | None:
        """The facts of the run that a draft was made from."""
        facts: dict[str, Any] | None = self._get(circular_id, "facts", as_of)["facts"]
        return facts

    def steps(self, circular_id: int | str, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """Who reviewed, approved and sent which version, and when."""
        rows: list[dict[str, Any]] = self._get(circular_id, "steps", as_of)["rows"]
        return rows

    def pdf(self, circular_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """A draft as a file in PDF: subject, text, who signed it, and the text's SHA-256."""
        return self._transport.get_bytes(f"{self._path(circular_id)}/pdf", as_of=iso_time(as_of))

    def compare(
        self,
        circular_id: int | str,
        was: int | None = None,
        now: int | None = None,
        *,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """What differs between two versions, line by line; 0 is what the run wrote, by default the newest two are compared."""
        return self._get(circular_id, "differences", as_of, was=was, now=now)

    def review(self, circular: dict[str, Any]) -> dict[str, Any]:
        """Say that you have read a draft as it is here, and find it right."""
        return self._post(circular["circular_id"], "reviews", version=circular["version"])

    def approve(self, circular: dict[str, Any], *, despite_warnings: bool = False) -> dict[str, Any]:
        """Approve a draft as it is here, for sending."""
        options = {"version": circular["version"], "despite_warnings": despite_warnings}
        return self._post(circular["circular_id"], "approvals", **options)

    def withdraw(self, circular_id: int | str, reason: str = "") -> dict[str, Any]:
        """Take reviews and approval back."""
        return self._post(circular_id, "withdrawals", reason=reason)

    def send(
        self, circular: dict[str, Any], way: Literal["form", "api", "email"], account_id: int | str | None = None
    ) -> dict[str, Any]:
        """Have an approved circular sent, by an account; for the ``form`` open the ``url`` and send it yourself."""
        account = None if account_id is None else str(account_id)
        return self._post(circular["circular_id"], "sendings", version=circular["version"], way=way, account_id=account)

    def tell(self, circular_id: int | str, *, sent: bool, number: int | None = None) -> dict[str, Any]:
        """Say what became of a circular that you sent from the form, or of which nobody knows whether it arrived."""
        return self._post(circular_id, "told", sent=sent, number=number)

    def _get(self, circular_id: int | str, what: str, as_of: datetime | str | None, **asked: Any) -> dict[str, Any]:
        path = f"{self._path(circular_id)}/{what}"
        answer: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of), **asked)
        return answer

    def _post(self, circular_id: int | str, what: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._transport.post(f"{self._path(circular_id)}/{what}", body)
        return answer
