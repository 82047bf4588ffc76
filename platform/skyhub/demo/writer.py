"""Write a demo night: its packets, one Avro container each, catalogues of its sky, and its truth."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fastavro
import numpy as np

from skyhub.demo.catalogs import write_catalogs
from skyhub.demo.draw import Drawn, draw_night
from skyhub.demo.names import Ledger, object_id
from skyhub.demo.packets import target_packets
from skyhub.demo.schema import alert_schema
from skyhub.demo.survey import Survey, plan_survey
from skyhub.errors import InvalidInput

__all__ = ["MAX_OBJECTS", "NightSummary", "write_night"]

MAX_OBJECTS = 20_000

_TRUTH = ("objectId", "class", "ra", "dec", "z", "t0", "period", "peak_mag", "ssname", "artefact", "n_alerts")


@dataclass(frozen=True)
class NightSummary:
    """What was written: counts of objects and packets, by class and by programme."""

    directory: str
    dayobs: str
    seed: int
    objects: int
    packets: int
    classes: dict[str, int]
    programmes: dict[str, int]


def write_night(directory: Path, dayobs: date, seed: int = 1, n_objects: int = 300) -> NightSummary:
    """Write the alert packets of one synthetic night, and ``catalogs/KIND.csv`` and ``truth.csv`` beside them.

    The same arguments give the same bytes. Files are ``<objectId>/<candid>.avro``, one packet each.

    Parameters
    ----------
    directory
        Created if missing; it must be empty. It appears when all is written, never in part.
    dayobs
        Date of the evening: the night runs from 12:00 UTC of it to 12:00 UTC of the next day.
    seed
        Non-negative seed of the generator.
    n_objects
        Number of objects, 1 to 20 000.

    Raises
    ------
    InvalidInput
        If the directory is not empty or a number is out of range.
    """
    _check(directory, seed, n_objects)
    key = [seed, dayobs.toordinal()]
    rng = np.random.default_rng(key)
    survey = plan_survey(dayobs, rng, max(5, n_objects // 5))
    drawn = draw_night(survey, n_objects, rng)
    order, ledger = rng.permutation(len(drawn)), Ledger()
    truth: list[dict[str, Any]] = []
    programmes: Counter[str] = Counter()
    partial = _fresh(directory.with_name(directory.name + ".partial"))
    for index, which in enumerate(order.tolist()):
        name, one = object_id(dayobs.year, index, seed), drawn[which]
        packets = list(target_packets(name, one, survey, ledger, np.random.default_rng([*key, index])))
        for packet in packets:
            _write_packet(partial / name / f"{packet['candid']}.avro", packet)
        programmes.update(str(packet["candidate"]["programid"]) for packet in packets)
        truth.append(_truth(name, one, survey, len(packets)))
    write_catalogs(partial / "catalogs", drawn, survey.midnight, np.random.default_rng([*key, MAX_OBJECTS]))
    _write_truth(partial / "truth.csv", truth)
    partial.rename(directory)
    classes = Counter(one.target.kind for one in drawn)
    return NightSummary(
        str(directory), dayobs.isoformat(), seed, len(truth), programmes.total(),
        dict(sorted(classes.items())), dict(sorted(programmes.items())),
    )  # fmt: skip


def _check(directory: Path, seed: int, n_objects: int) -> None:
    if not 1 <= n_objects <= MAX_OBJECTS:
        raise InvalidInput(f"{n_objects} objects were asked for; 1 to {MAX_OBJECTS} are permitted.", "n_objects")
    if seed < 0:
        raise InvalidInput(f"The seed is {seed}; give a non-negative integer.", "seed")
    if directory.exists() and any(directory.iterdir()):
        raise InvalidInput(f"{directory} is not empty; give a new directory or empty this one.", "directory")


def _fresh(partial: Path) -> Path:
    """An empty directory, whatever an interrupted run left there."""
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    return partial


def _write_packet(path: Path, packet: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    marker = hashlib.blake2b(str(packet["candid"]).encode(), digest_size=16).digest()
    with path.open("wb") as file:
        fastavro.writer(file, alert_schema(), [packet], sync_marker=marker)


def _truth(name: str, drawn: Drawn, survey: Survey, n_alerts: int) -> dict[str, Any]:
    """One row of the truth; times as MJD (UTC), magnitudes AB."""
    target = drawn.target
    values = {
        "objectId": name,
        "class": target.kind,
        "ra": f"{target.ra:.7f}",
        "dec": f"{target.dec:.7f}",
        "z": _text(target.truth.z, 5),
        "t0": _text(None if target.truth.t0 is None else target.truth.t0 - 2400000.5, 5),
        "period": _text(target.truth.period, 7),
        "peak_mag": _text(drawn.photometry.brightest(survey.exposures[target.field].zero_point), 3),
        "ssname": target.body.name if target.body else "",
        "artefact": target.artefact or "",
        "n_alerts": n_alerts,
    }
    return {key: values[key] for key in _TRUTH}


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _write_truth(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, _TRUTH, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
