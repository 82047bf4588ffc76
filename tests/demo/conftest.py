"""Fixtures of the demo night: one night of 150 objects, read back with fastavro; a real packet of schema 4.02."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from numpy.typing import NDArray
from skyhub.demo import NightSummary, write_night

DAYOBS = date(2026, 11, 21)
_SHARED = Path(os.environ.get("SKYHUB_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


@dataclass(frozen=True)
class Night:
    """A written night: its summary, its packets by path, its truth by object."""

    directory: Path
    summary: NightSummary
    packets: dict[Path, dict[str, Any]]
    truth: dict[str, dict[str, str]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Packets of one class."""
        return [packet for packet in self.packets.values() if self.truth[packet["objectId"]]["class"] == kind]


def _read(directory: Path, summary: NightSummary) -> Night:
    packets: dict[Path, Any] = {}
    for path in sorted(directory.rglob("*.avro")):
        with path.open("rb") as file:
            (packets[path],) = fastavro.reader(file)
    with (directory / "truth.csv").open() as file:
        truth = {row["objectId"]: row for row in csv.DictReader(file)}
    return Night(directory, summary, packets, truth)


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    directory = tmp_path_factory.mktemp("demo") / "night"
    return _read(directory, write_night(directory, DAYOBS, seed=1, n_objects=150))


@pytest.fixture(scope="session")
def read_night() -> Callable[[Path, NightSummary], Night]:
    return _read


@pytest.fixture(scope="session")
def stamp() -> Callable[[dict[str, Any], str], NDArray[np.float64]]:
    """Decode a cutout: shape (rows, columns), DN."""

    def decode(packet: dict[str, Any], kind: str) -> NDArray[np.float64]:
        data = gzip.decompress(packet[f"cutout{kind}"]["stampData"])
        cards = {data[i : i + 8].decode().strip(): data[i + 10 : i + 80].decode() for i in range(0, 2880, 80)}
        shape = int(cards["NAXIS2"]), int(cards["NAXIS1"])
        return np.frombuffer(data[2880:], ">f4", shape[0] * shape[1]).reshape(shape).astype(float)

    return decode


@pytest.fixture(scope="session")
def real_schema() -> Any:
    """The writer schema of a real packet with forced photometry, as schema 4.02 has it."""
    path = _SHARED / "alerts" / "ztf" / "ZTF17aaarzyp" / "2982177112815010003.avro"
    if not path.exists():
        pytest.skip(f"real packets are not at {path}; set SKYHUB_SHARED_DATA")
    with path.open("rb") as file:
        return fastavro.reader(file).writer_schema
