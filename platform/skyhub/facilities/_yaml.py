"""Reading others' lists of telescopes and instruments: YAML, in the fields of skyhub or of SkyPortal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from skyhub.errors import SkyhubError
from skyhub.facilities._grids import Rejection

__all__ = ["FacilitySummary", "ingest_facilities", "merged"]

_NAMES = {
    "telescopes": {"lat": "latitude", "lon": "longitude", "mpc_obscode": "mpc_code"},
    "instruments": {
        "telescope_id": "telescope",
        "sensitivity_data": "sensitivity",
        "configuration_data": "configuration",
        "region": "footprint",
    },
}
_CONFIGURATION = {"filt_change_time": "filter_change", "specific_configuration": "specific"}
_REFERENCE = "=id"
_VIEW = {"rectangle": "box(0,0,{0},{1},0)", "circle": "circle(0,0,{0})"}


@dataclass
class FacilitySummary:
    """What became of a file: every record read is stored, a duplicate, or rejected with a reason."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    unknown_keys: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**self.__dict__, "rejected": [r.to_json() for r in self.rejected]}


def ingest_facilities(
    path: Path, kind: str, permitted: set[str], add: Callable[[dict[str, Any]], str]
) -> FacilitySummary:
    """Store the telescopes or instruments of a YAML file one by one.

    Parameters
    ----------
    path
        The file: a list of mappings.
    kind
        ``telescopes`` or ``instruments``.
    permitted
        Names of the kind's fields; keys of other names are passed over and reported.
    add
        Stores the fields of one record, as a revision where it is there; says ``added``, ``revised`` or ``unchanged``.
    """
    summary = FacilitySummary()
    try:
        records = _records(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        summary.rejected.append(Rejection(str(path), None, f"{path} is no list of {kind}: {error}"))
        return summary
    seen: set[str] = set()
    for number, given in enumerate(records, start=1):
        summary.read += 1
        try:
            fields = _translated(kind, given, permitted, summary.unknown_keys)
            _require_once(fields.get("nickname" if kind == "telescopes" else "name"), seen)
            action = add(fields)
        except (SkyhubError, ValueError, TypeError) as error:
            summary.rejected.append(Rejection(str(path), number, str(error)))
            continue
        summary.stored += action != "unchanged"
        summary.duplicates += action == "unchanged"
    return summary


def merged(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a record with new values: what they do not say stays, but limits of filters that are gone."""
    record = {**before, **fields}
    if "filters" in fields and "sensitivity" not in fields and before.get("sensitivity"):
        record["sensitivity"] = {name: s for name, s in before["sensitivity"].items() if name in fields["filters"]}
    return record


def _records(path: Path) -> list[Mapping[str, Any]]:
    content = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(content, list) or not all(isinstance(record, Mapping) for record in content):
        raise ValueError("a list of mappings is expected")
    return content


def _require_once(name: Any, seen: set[str]) -> None:
    if name in seen:
        raise ValueError(f"{name!r} occurs twice in the file: the first one is taken.")
    if isinstance(name, str):
        seen.add(name)


def _translated(kind: str, given: Mapping[str, Any], known: set[str], unknown: list[str]) -> dict[str, Any]:
    fields = {_NAMES[kind].get(str(key), str(key)): value for key, value in given.items() if value is not None}
    reference = str(fields.pop(_REFERENCE, "")).removeprefix("=")
    if kind == "telescopes":
        _place(fields, reference)
    else:
        _instrument(fields)
    for key in [key for key in fields if key not in known]:
        fields.pop(key)
        if key not in unknown:
            unknown.append(key)
    return fields


def _place(fields: dict[str, Any], reference: str) -> None:
    if "fixed_location" not in fields and not {"latitude", "longitude"} & fields.keys():
        fields["fixed_location"] = False
    if reference and reference != fields.get("nickname"):
        fields["aliases"] = sorted({*fields.get("aliases", []), reference})


def _instrument(fields: dict[str, Any]) -> None:
    if isinstance(fields.get("telescope"), str):
        fields["telescope"] = fields["telescope"].removeprefix("=")
    if isinstance(fields.get("configuration"), Mapping):
        fields["configuration"] = {_CONFIGURATION.get(k, k): v for k, v in fields["configuration"].items()}
    shape, sizes = fields.pop("field_fov_type", None), fields.pop("field_fov_attributes", None)
    if shape in _VIEW and "footprint" not in fields:
        numbers = sizes if isinstance(sizes, list) else [sizes]
        fields["footprint"] = "icrs\n" + _VIEW[shape].format(*numbers, *numbers)
