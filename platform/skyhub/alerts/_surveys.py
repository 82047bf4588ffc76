"""The surveys whose alerts can be read: those that are shipped, and those of a directory of mapping files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from skyhub.alerts._fields import Fields, value_at
from skyhub.alerts._mapped import MappedDecoder
from skyhub.alerts._mapping import Mapping
from skyhub.alerts._packet import Packet
from skyhub.alerts._ztf import STREAMS, is_ztf, packet_from_ztf
from skyhub.errors import InvalidInput, PacketRejected

__all__ = ["SURVEYS_FOLDER", "Survey", "read_mapping", "survey_named", "survey_of", "surveys_of"]

SURVEYS_FOLDER = "surveys"
"""Where a data directory has mapping files of its own."""


@dataclass(frozen=True)
class Survey:
    """A survey: how its packets are told and decoded, and whose they are."""

    name: str
    streams: frozenset[str]
    """Streams that its alerts may belong to, besides public ones."""
    decode: Callable[[Fields, str], Packet]
    """Record and name of its schema to packet."""
    has_schema: Callable[[str], bool]
    """Whether a schema of this name is the survey's."""
    has_form: Callable[[Fields], bool]
    """Whether a record has its form."""


def surveys_of(directory: Path | None = None) -> list[Survey]:
    """All surveys, those of a directory's ``*.yaml`` files first; they replace shipped ones of the same name.

    Parameters
    ----------
    directory
        Mapping files; may not exist.

    Raises
    ------
    InvalidInput
        If a file of the directory is no mapping.
    """
    own = [_mapped(read_mapping(path)) for path in sorted(directory.glob("*.yaml"))] if directory else []
    names = {survey.name for survey in own}
    return [*own, *(survey for survey in _shipped() if survey.name not in names)]


def read_mapping(path: Path) -> Mapping:
    """The mapping of a file.

    Raises
    ------
    InvalidInput
        With the place in the file, what is there and what is permitted.
    """
    try:
        return _validated(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.", str(path)) from error


def survey_named(name: str, surveys: Collection[Survey]) -> Survey | None:
    """The survey of a name in any case; None for ``auto``.

    Raises
    ------
    InvalidInput
        If there is none of this name.
    """
    if name.lower() == "auto":
        return None
    for survey in surveys:
        if survey.name.lower() == name.lower():
            return survey
    known = ", ".join(survey.name for survey in surveys)
    raise InvalidInput(
        f"survey {name!r} is not known: auto, {known} are permitted; others need a mapping file.", "survey"
    )


def survey_of(record: Fields, schema: str, surveys: Collection[Survey]) -> Survey:
    """The survey of a record: by the name of its schema, or else by its form.

    Raises
    ------
    PacketRejected
        If it is of none of the surveys.
    """
    for survey in surveys:
        if survey.has_schema(schema):
            return survey
    for survey in surveys:
        if survey.has_form(record):
            return survey
    known = ", ".join(survey.name for survey in surveys)
    raise PacketRejected(f"no alert of a known survey ({known}): its fields are {sorted(record)[:8]}")


@cache
def _shipped() -> tuple[Survey, ...]:
    found = [
        _mapped(_validated(entry.read_text("utf-8"), entry.name))
        for entry in sorted((files("skyhub.alerts") / "surveys").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    ]
    streams = frozenset(stream for stream in STREAMS.values() if stream)
    ztf = Survey("ZTF", streams, lambda record, _: packet_from_ztf(record), lambda _: False, is_ztf)
    forms = [survey for survey in found if survey.name == ztf.name]
    return (_with_forms(ztf, forms), *(survey for survey in found if survey not in forms))


def _with_forms(survey: Survey, forms: Sequence[Survey]) -> Survey:
    """A survey whose packets also come in other forms, which are told by the names of their schemas."""

    def decode(record: Fields, schema: str) -> Packet:
        form = next((form for form in forms if form.has_schema(schema)), survey)
        return form.decode(record, schema)

    def has_schema(schema: str) -> bool:
        return survey.has_schema(schema) or any(form.has_schema(schema) for form in forms)

    return replace(survey, decode=decode, has_schema=has_schema)


def _mapped(mapping: Mapping) -> Survey:
    patterns = [re.compile(pattern) for pattern in mapping.recognise.schemas]
    fields = mapping.recognise.fields
    return Survey(
        mapping.survey,
        mapping.streams,
        MappedDecoder(mapping).packet,
        lambda schema: any(pattern.fullmatch(schema) for pattern in patterns),
        lambda record: bool(fields) and all(_has(record, path) for path in fields),
    )


def _has(record: Fields, path: str) -> bool:
    *above, name = path.split(".")
    try:
        found = value_at(record, ".".join(above)) if above else record
    except PacketRejected:
        return False
    return isinstance(found, dict) and name in found


def _validated(text: str, where: str) -> Mapping:
    try:
        content = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return Mapping.model_validate(content)
    except yaml.YAMLError as error:
        raise InvalidInput(f"{where} is no YAML: {error}.", where) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InvalidInput(
            f"{where}: {place} is {str(first['input'])[:80]!r}: {first['msg']} ({error.error_count()} in all). "
            "See docs/reference/surveys.md.",
            where,
        ) from error
