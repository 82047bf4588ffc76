"""Files and messages to batches of packets, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from skyhub.alerts._files import AlertReader, FileContent, Rejection, alert_files
from skyhub.alerts._packet import Packet, packet_table
from skyhub.alerts._surveys import Survey

__all__ = ["Decoded", "Source", "decoded", "groups_of_files"]

_FILES, _BYTES = 512, 2**25

Source: TypeAlias = Path | tuple[str, bytes]
"""A file, or a message: its place in a stream and its bytes."""


@dataclass
class Decoded:
    """What a group of files or messages held."""

    n_read: int = 0
    """Records; a file or message that cannot be read counts as one."""
    n_records: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    rejected_of: list[int] = field(default_factory=list)
    """Number of the file or message of each rejection."""
    batch: pa.Table | None = None
    """Packets with the columns of `skyhub.alerts.PACKET_SCHEMA`; None if there are none."""
    batch_of: list[int] = field(default_factory=list)
    """Number of the file or message of each packet."""


def decoded(reader: AlertReader, survey: Survey | None, sources: Sequence[Source]) -> Decoded:
    """Decode a group.

    Parameters
    ----------
    reader
        What decodes it.
    survey
        The survey whose packets are expected; None if each tells its own.
    sources
        Files or messages.
    """
    result = Decoded()
    packets: list[Packet] = []
    for number, source in enumerate(sources):
        content = _read(reader, survey, source)
        result.n_records += content.n_records
        result.n_read += content.n_records or 1
        result.rejected += content.rejected
        result.rejected_of += [number] * len(content.rejected)
        packets += content.packets
        result.batch_of += [number] * len(content.packets)
    if packets:
        _lay_out(result, packets, sources)
    return result


def _lay_out(result: Decoded, packets: list[Packet], sources: Sequence[Source]) -> None:
    """Make the batch; a packet with a value that no column can hold is refused alone."""
    try:
        result.batch = packet_table(packets)
    except (pa.ArrowException, OverflowError, ValueError):
        pairs = list(zip(result.batch_of, packets, strict=True))
        reasons = [_unfit(packet) for packet in packets]
        for (number, _), reason in zip(pairs, reasons, strict=True):
            if reason is not None:
                result.rejected.append(Rejection(_name(sources[number]), None, reason))
                result.rejected_of.append(number)
        fit = [pair for pair, reason in zip(pairs, reasons, strict=True) if reason is None]
        result.batch_of = [number for number, _ in fit]
        result.batch = packet_table([packet for _, packet in fit]) if fit else None


def _unfit(packet: Packet) -> str | None:
    try:
        packet_table([packet])
    except (pa.ArrowException, OverflowError, ValueError) as error:
        return f"candid {packet.candid}: {error}"
    return None


def _name(source: Source) -> str:
    return str(source) if isinstance(source, Path) else source[0]


def _read(reader: AlertReader, survey: Survey | None, source: Source) -> FileContent:
    if isinstance(source, Path):
        return reader.read(source, survey)
    place, data = source
    return reader.read_bytes(data, place, survey)


def groups_of_files(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """The files of paths, in groups that are worth a transaction and do not fill the memory.

    Raises
    ------
    InvalidInput
        If a path does not exist.
    """
    group: list[Path] = []
    size = 0
    for path in alert_files(paths):
        group.append(path)
        size += _size(path)
        if len(group) == _FILES or size >= _BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is told why when it is read
        return 0
