"""Alert packets of surveys that are described by a mapping."""

from __future__ import annotations

import re
from typing import Any

from skyhub.alerts._fields import Fields, Readers, kept_fields, value_at
from skyhub.alerts._mapping import History, Mapping, Named
from skyhub.alerts._packet import CUTOUT_KINDS, Packet, PhotometryPoint
from skyhub.alerts._points import PointReader, StreamReader, time_reader
from skyhub.errors import PacketRejected

__all__ = ["MappedDecoder"]

_VERSION = re.compile(r"\.v(\d+(?:_\d+)*)\b")
_LARGEST_COUNT = 2**31 - 1


class MappedDecoder:
    """Turns decoded records of one survey into packets.

    Parameters
    ----------
    mapping
        The survey.
    """

    def __init__(self, mapping: Mapping) -> None:
        readers = Readers(mapping.nothing)
        self._mapping = mapping
        self._candid = readers.integer(mapping.candid.path, mapping.candid.form == "digits")
        self._names = [(readers.text((name.path,)), name) for name in mapping.object_name]
        self._stream = StreamReader(mapping)
        self._own = PointReader(mapping, mapping.point, "alert")
        self._histories = [(history, _history_reader(mapping, history)) for history in mapping.history]
        self._has_detections = any(history.origin == "alert" for history in mapping.history)
        self._version = readers.text(mapping.version)
        self._scores = {
            name: readers.number(getattr(mapping.scores, name)) for name in type(mapping.scores).model_fields
        }
        self._sso_name = readers.text(mapping.minor_planet.name)
        self._sso_distance = readers.number(mapping.minor_planet.distance)
        self._sso_mag = readers.number(mapping.minor_planet.mag)
        self._n_detections = readers.integer(mapping.n_detections)
        self._first_time = time_reader(mapping, mapping.first_time)
        self._cutouts = {kind: readers.value(getattr(mapping.cutouts, kind)) for kind in CUTOUT_KINDS}
        self._left_out = {history.path for history in mapping.history} | {
            path.split(".")[0] for kind in CUTOUT_KINDS for path in getattr(mapping.cutouts, kind)
        }

    def packet(self, record: Fields, schema: str = "") -> Packet:
        """An alert of the survey.

        Parameters
        ----------
        record
            The decoded record.
        schema
            Whole name of the schema it was written with.

        Raises
        ------
        PacketRejected
            If a value without which it cannot be stored is missing or impossible.
        """
        candid = self._candid(record)
        if candid is None:
            raise PacketRejected(
                f"{' or '.join(self._mapping.candid.path)} is missing: an alert has a number", "candid"
            )
        fields = self._detection(record)
        stream = self._stream.of_alert(fields)
        point, mag, magerr, ra, dec = self._measurement(fields, stream)
        point.point_id = candid
        points = [point]
        for history, reader in self._histories:
            points += self._points(record, history, reader, stream)
        _tell_apart(points)
        return Packet(
            candid=candid,
            object_id=self._object_id(record),
            survey=self._mapping.survey,
            schema_version=_version(self._version(record), schema),
            mjd=point.mjd,
            ra=ra,
            dec=dec,
            filter=point.filter,
            mag=mag,
            magerr=magerr,
            limiting_mag=point.limiting_mag,
            positive=(point.flux or 0.0) > 0,
            **{name: read(record) for name, read in self._scores.items()},  # type: ignore[arg-type]
            sso_name=self._sso_name(record),
            sso_distance=self._sso_distance(record),
            sso_mag=self._sso_mag(record),
            n_detections=self._count(record),
            first_mjd=self._first_time(record) or (_first_detection(points) if self._has_detections else None),
            stream=stream,
            packet=kept_fields(record, self._left_out),
            **{f"cutout_{kind}": _blob(read(record), kind) for kind, read in self._cutouts.items()},  # type: ignore[arg-type]
            photometry=points,
        )

    def _detection(self, record: Fields) -> Fields:
        where = self._mapping.detection
        found = record if where is None else value_at(record, where)
        if not isinstance(found, dict):
            raise PacketRejected(f"{where} is a {type(found).__name__}: a record is needed", where or "")
        return found

    def _measurement(self, fields: Fields, stream: str | None) -> tuple[PhotometryPoint, float, float, float, float]:
        """The alert's own point with what an alert cannot do without: magnitude, its error, right ascension, declination."""
        point = self._own.read(fields, stream)
        if point is None or point.mag is None or point.magerr is None:
            raise PacketRejected("the alert's own detection has no flux or magnitude with a positive error", "point")
        if point.ra is None or point.dec is None:
            raise PacketRejected("the alert has no position", "ra")
        return point, point.mag, point.magerr, point.ra, point.dec

    def _points(
        self, record: Fields, history: History, reader: PointReader, stream: str | None
    ) -> list[PhotometryPoint]:
        path = history.path
        entries = value_at(record, path) or []
        if not isinstance(entries, list):
            raise PacketRejected(f"{path} is a {type(entries).__name__}: a list of points is needed", path)
        points = []
        for number, entry in enumerate(entries):
            try:
                if not isinstance(entry, dict):
                    raise PacketRejected(f"a {type(entry).__name__} is no point", path)
                point = reader.read(entry, self._stream.of_point(entry, stream))
            except PacketRejected as error:
                raise PacketRejected(f"{error.message} in {path}[{number}]", error.where) from error
            if point is not None:
                points.append(point)
        return points

    def _object_id(self, record: Fields) -> str:
        for read, name in self._names:
            found = read(record)
            if found is not None:
                return f"{name.prefix}{found}"
        raise PacketRejected(f"no object is named: {_paths(self._mapping.object_name)} are 0 or missing", "object")

    def _count(self, record: Fields) -> int | None:
        count = self._n_detections(record)
        if count is not None and count > _LARGEST_COUNT:
            raise PacketRejected(f"{count} detections: a count up to {_LARGEST_COUNT} is needed", "n_detections")
        return count


def _history_reader(mapping: Mapping, history: History) -> PointReader:
    fields = mapping.point.model_copy(
        update={name: getattr(history.point, name) for name in history.point.model_fields_set}
    )
    return PointReader(mapping, fields, history.origin)


def _tell_apart(points: list[PhotometryPoint]) -> None:
    """Different measurements of one time and filter, as of two overlapping detectors, get different made numbers."""
    taken: dict[tuple[str, int], tuple[float | None, float | None]] = {}
    for point in points:
        values = point.flux, point.limiting_mag
        while point.point_id < 0 and taken.setdefault((point.origin, point.point_id), values) != values:
            point.point_id -= 1


def _first_detection(points: list[PhotometryPoint]) -> float | None:
    return min((p.mjd for p in points if p.origin == "alert" and p.flux is not None), default=None)


def _version(given: str | None, schema: str) -> str:
    found = _VERSION.search(given or schema)
    return found[1].replace("_", ".") if found else given or ""


def _blob(value: Any, kind: str) -> bytes | None:
    if value is not None and not isinstance(value, bytes):
        raise PacketRejected(f"the {kind} cutout is a {type(value).__name__}: bytes are needed", "cutouts")
    return value or None


def _paths(names: tuple[Named, ...]) -> str:
    return ", ".join(name.path for name in names)
