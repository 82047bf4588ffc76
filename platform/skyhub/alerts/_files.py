"""Alert packets from files: each file is read whole, or refused whole with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastavro

from skyhub.alerts._packet import Packet
from skyhub.alerts._ztf import is_ztf, packet_from_ztf
from skyhub.errors import InvalidInput, PacketRejected

__all__ = ["SURVEYS", "FileContent", "Rejection", "alert_files", "read_alert_file"]

_Decoder = Callable[[Mapping[str, Any]], Packet]

SURVEYS: dict[str, tuple[Callable[[Mapping[str, Any]], bool], _Decoder]] = {"ZTF": (is_ztf, packet_from_ztf)}
"""Surveys that can be read: how to recognise a record of each, and how to decode it."""

_ENDING = ".avro"


@dataclass(frozen=True)
class Rejection:
    """Why a record, or a whole file (`record` is None), was refused."""

    file: str
    record: int | None
    reason: str


@dataclass
class FileContent:
    """What one file held: the number of its records, those that can be stored, those that were refused."""

    file: str
    n_records: int = 0
    packets: list[Packet] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def alert_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The packets' files below the paths, directories searched recursively, in the order of their names.

    Raises
    ------
    InvalidInput
        If a path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob(f"*{_ENDING}") if p.is_file())
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"{path} does not exist: give a file, or a directory with {_ENDING} files.", str(path))


def read_alert_file(path: Path, survey: str = "auto") -> FileContent:
    """Decode all alerts of an Avro object-container file.

    Parameters
    ----------
    path
        The file.
    survey
        A name in `SURVEYS`, or ``auto`` to recognise it by the form of the records.
    """
    content = FileContent(str(path))
    try:
        with path.open("rb") as f:
            records = list(fastavro.reader(f))
    except Exception as error:  # the decoder raises many kinds of errors on bad bytes; each refuses the file
        content.rejected.append(
            Rejection(str(path), None, f"no readable Avro container: {type(error).__name__}: {error}")
        )
        return content
    content.n_records = len(records)
    for number, record in enumerate(records):
        try:
            content.packets.append(_decode(record, survey))
        except PacketRejected as error:
            content.rejected.append(Rejection(str(path), number, error.message))
        except Exception as error:  # what was not foreseen refuses the one record
            content.rejected.append(Rejection(str(path), number, f"{type(error).__name__}: {error}"))
    return content


def _decode(record: Any, survey: str) -> Packet:
    if not isinstance(record, Mapping):
        raise PacketRejected("the record is no alert: it has no named fields")
    for name, (recognises, decode) in SURVEYS.items():
        if survey.lower() in {"auto", name.lower()} and recognises(record):
            return decode(record)
    raise PacketRejected(f"no alert of a known survey ({', '.join(SURVEYS)}): its fields are {sorted(record)[:8]}")
