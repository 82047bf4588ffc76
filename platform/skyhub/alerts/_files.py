"""Alert packets from files: each file is read whole, or refused whole with the reason."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from skyhub.alerts._annotated import annotations_of
from skyhub.alerts._container import container_records
from skyhub.alerts._json import is_json, json_records
from skyhub.alerts._packet import Packet
from skyhub.alerts._surveys import SURVEYS_FOLDER, Survey, survey_named, survey_of, surveys_of
from skyhub.alerts._wire import SCHEMAS_FOLDER, SchemaStore, decoded_message, is_message
from skyhub.errors import InvalidInput, PacketRejected

__all__ = ["AlertReader", "FileContent", "Rejection", "alert_files"]

_ENDINGS = (".avro", ".parquet")
_PARQUET = b"PAR1"


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
            yield from sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file())
        elif path.exists():
            yield path
        else:
            raise InvalidInput(
                f"{path} does not exist: give a file, or a directory with {' or '.join(_ENDINGS)} files.", str(path)
            )


class AlertReader:
    """Reads files of alerts: Avro containers, single messages with the number of their schema, tables in Parquet, JSON.

    Parameters
    ----------
    surveys
        Surveys that may occur; by default those that are shipped.
    schemas
        Where the schemas of messages are; by default only near their files.
    """

    def __init__(self, surveys: Sequence[Survey] | None = None, schemas: SchemaStore | None = None) -> None:
        self._surveys = surveys_of() if surveys is None else list(surveys)
        self._schemas = schemas or SchemaStore()

    @classmethod
    def of(cls, data_dir: Path, schemas: Path | None = None) -> AlertReader:
        """With the surveys and schemas that a data directory describes beside those that are shipped.

        Parameters
        ----------
        data_dir
            The data directory.
        schemas
            A directory of schemas that is looked into first. Raises `InvalidInput` if it is none.
        """
        if schemas is not None and not schemas.is_dir():
            raise InvalidInput(f"{schemas} is no directory: give one with Avro schemas (*.avsc).", "schemas")
        own = data_dir / SCHEMAS_FOLDER
        return cls(surveys_of(data_dir / SURVEYS_FOLDER), SchemaStore([own] if schemas is None else [schemas, own]))

    def survey(self, name: str) -> Survey | None:
        """The survey of a name; None for ``auto``. Raises `InvalidInput` if there is none."""
        return survey_named(name, self._surveys)

    def read(self, path: Path, survey: Survey | None = None) -> FileContent:
        """Decode all alerts of a file.

        Parameters
        ----------
        path
            The file.
        survey
            The survey whose packets are expected; each packet tells its own by default.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            return FileContent(
                str(path), rejected=[Rejection(str(path), None, f"no readable file: {type(error).__name__}: {error}")]
            )
        return self.read_bytes(data, str(path), survey, beside=path)

    def read_bytes(
        self, data: bytes, name: str, survey: Survey | None = None, beside: Path | None = None
    ) -> FileContent:
        """Decode all alerts of a file's bytes, or of a message.

        Parameters
        ----------
        data
            The bytes.
        name
            Where they come from: the file, or the place in a stream.
        survey
            The survey whose packets are expected; each packet tells its own by default.
        beside
            A file near which schemas of messages are looked for, too.
        """
        content = FileContent(name)
        try:
            records, schema = self._records(data, beside)
        except PacketRejected as error:
            content.rejected.append(Rejection(name, None, error.message))
            return content
        except Exception as error:  # the decoders raise many kinds of errors on bad bytes; each refuses the file
            reason = f"no readable Avro container: {type(error).__name__}: {error}"
            content.rejected.append(Rejection(name, None, reason))
            return content
        content.n_records = len(records)
        for number, record in enumerate(records):
            try:
                content.packets.append(self._packet(record, schema, survey))
            except PacketRejected as error:
                content.rejected.append(Rejection(name, number, error.message))
            except Exception as error:  # what was not foreseen refuses the one record
                content.rejected.append(Rejection(name, number, f"{type(error).__name__}: {error}"))
        return content

    def _records(self, data: bytes, beside: Path | None) -> tuple[list[Any], str]:
        """The records of a file, and the whole name of their schema."""
        if is_message(data):
            record, name = decoded_message(data, self._schemas, beside)
            return [record], name
        if is_json(data):
            return json_records(data), ""
        if data.startswith(_PARQUET):
            return pq.read_table(io.BytesIO(data)).to_pylist(), ""
        return container_records(data)

    def _packet(self, record: Any, schema: str, survey: Survey | None) -> Packet:
        if not isinstance(record, Mapping):
            raise PacketRejected("the record is no alert: it has no named fields")
        expected = self._surveys if survey is None else [survey]
        packet = survey_of(record, schema, expected).decode(record, schema)
        packet.annotations = annotations_of(record)
        return packet
