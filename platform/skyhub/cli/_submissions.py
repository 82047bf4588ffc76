"""Commands for circulars on their way: drafted, signed, sent."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["COMMANDS"]

Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the draft.")]
Version = Annotated[
    int | None, typer.Option(help="The version that you have read, if it is not to be the newest at any rate.")
]


class _Way(StrEnum):
    form = "form"
    api = "api"
    email = "email"


def drafts(
    event: Annotated[str | None, typer.Option(help="Only about this event.")] = None,
    limit: int = 100,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List drafts and what became of them, newest first."""
    where = {"event": event} if event else {}
    with session(data_dir) as sky:
        rows = sky.circulars.rows(limit=limit, as_of=as_of, **where)
    told = ("circular_id", "name", "event", "subject", "version", "state", "edited_by", "approved_by", "number")
    answer({"rows": rows if as_json else [{name: row[name] for name in told} for row in rows]}, as_json)


def draft(
    report_id: Annotated[str, typer.Argument(help="The run of a report that wrote it.")],
    name: Annotated[str, typer.Argument(help="What to call it.")],
    group: Annotated[list[str] | None, typer.Option(help="A group that writes in it; by default all of yours.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a draft of what a run of a report wrote."""
    with session(data_dir) as sky:
        answer(sky.circulars.draft(report_id, name, group), as_json, _text)


def show(
    number: Number,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as PDF to this file.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show a draft: its text, what is to be said of it, and what was done with it."""
    with session(data_dir) as sky:
        document = {
            **sky.circulars.get(number, as_of=as_of),
            "judgement": sky.circulars.judge(number, as_of=as_of),
            "steps": sky.circulars.steps(number, as_of=as_of),
        }
        if pdf is not None:
            pdf.write_bytes(sky.circulars.pdf(number, as_of=as_of))
            document["pdf"] = str(pdf)
    answer(document, as_json, _text)


def review(number: Number, version: Version = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Say that you have read a draft, and find it right."""
    with session(data_dir) as sky:
        answer(sky.circulars.review(_seen(sky, number, version)), as_json, _text)


def approve(
    number: Number,
    version: Version = None,
    despite_warnings: Annotated[bool, typer.Option("--despite-warnings", help="You know what is warned of.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Approve a draft that was reviewed, for sending."""
    with session(data_dir) as sky:
        told = sky.circulars.approve(_seen(sky, number, version), despite_warnings=despite_warnings)
    answer(told, as_json, _text)


def withdraw(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take reviews and approval of a circular back."""
    with session(data_dir) as sky:
        answer(sky.circulars.withdraw(number, reason), as_json, _text)


def send(
    number: Number,
    way: Annotated[
        _Way, typer.Option(help="How; the form you send yourself, at the address that is told.")
    ] = _Way.form,
    account: Annotated[int | None, typer.Option(help="For api and email: the number of the account.")] = None,
    version: Version = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have an approved circular sent."""
    with session(data_dir) as sky:
        answer(sky.circulars.send(_seen(sky, number, version), way.value, account), as_json, _text)


def tell(
    number: Number,
    sent: Annotated[bool, typer.Option("--sent/--not-sent", help="Whether it was published.")],
    at_gcn: Annotated[int | None, typer.Option("--number", help="Its number at GCN.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a circular that you sent from the form, or of which nobody knows whether it arrived."""
    with session(data_dir) as sky:
        answer(sky.circulars.tell(number, sent=sent, number=at_gcn), as_json, _text)


def _seen(sky: Any, number: int, version: int | None) -> dict[str, Any]:
    document: dict[str, Any] = sky.circulars.get(number)
    return document if version is None else {**document, "version": version}


def _text(document: dict[str, Any]) -> str:
    who = [
        f"{word} by {name}"
        for word, name in (("edited", document["edited_by"]), ("approved", document["approved_by"]))
        if name
    ]
    lines = [
        f"circular {document['circular_id']}, {document['name']}: version {document['version']}, {', '.join(who)}",
        f"state: {document['state']}" + (f" ({document['detail']})" if document["detail"] else ""),
        *([f"GCN Circ. {document['number']}"] if document["number"] else []),
        *([f"form: {document['url']}"] if "url" in document else []),
        *_judgement(document.get("judgement")),
        *[
            f"{s['known_at']}  version {s['version']} {s['step']} by {s['user_name'] or 'skyhub'}"
            for s in document.get("steps", ())
        ],
    ]
    return "\n".join([*lines, "", f"SUBJECT: {document['subject']}", "", document["body"]])


def _judgement(judgement: dict[str, Any] | None) -> list[str]:
    if judgement is None:
        return []
    return [
        *[f"warning: {text}" for text in judgement["warnings"]],
        *[f"{found['severity']}: line {found['line']}: {found['message']}" for found in judgement["findings"]],
        *[
            f"by hand: line {n['line']}: {n['now'] or 'nothing'} instead of {n['was'] or 'nothing'}"
            + ("" if n["in_facts"] else ", which is not in the facts")
            for n in judgement["numbers"]
        ],
    ]


COMMANDS = (drafts, draft, show, review, approve, withdraw, send, tell)
"""Those that join the commands for circulars."""
