"""Plans in the forms that others read: tables, queues of ZTF and Rubin, the text of a circular, regions of ds9."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from skyhub.adapters.telescopes import Program, exposure_list, interval_of, ztf_queue
from skyhub.circulars import Draft, ascii_of, counted, listed, paragraph, table
from skyhub.errors import InvalidInput

__all__ = ["EXPORT_FORMATS", "ExportFormat", "circular_of_plan", "export_plan"]

ExportFormat = Literal["csv", "json", "ecsv", "ztf", "rubin", "gcn", "ds9"]
EXPORT_FORMATS: tuple[str, ...] = get_args(ExportFormat)
"""Comma-separated, JSON, ECSV with units, the queue of ZTF, a list for Rubin's scheduler, a circular's text, and regions of ds9."""

_COLUMNS = ("field_id", "ra", "dec", "filter", "bandpass", "start", "exposure_s")
_UNITS = {"ra": "deg", "dec": "deg", "exposure_s": "s"}
_FACTS = ("name", "instrument", "telescope", "localization_id", "probability", "upper_bound", "area", "n_fields")


def export_plan(
    plan: Mapping[str, Any],
    form: str,
    program: Program | None = None,
    fields: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """A plan in one of the `EXPORT_FORMATS`.

    Parameters
    ----------
    plan
        As it is drafted or kept, with its observations.
    form
        Which format.
    program
        On whose time queues are observed; a list for Rubin has its subprogram as strategy.
    fields
        ``field_id`` and ``outline`` (corners, ICRS, deg) of fields, as a timeline has them; regions are points without.

    Raises
    ------
    InvalidInput
        If there is no such format, there are no observations, or ZTF cannot observe them.
    """
    if form not in EXPORT_FORMATS:
        raise InvalidInput(f"the format is {form!r}: {', '.join(EXPORT_FORMATS)} are permitted.", "format")
    if not plan["observations"]:
        raise InvalidInput("the plan has no observations: there is nothing to export.", "observations")
    if form == "ztf":
        return _json(ztf_queue(plan["observations"], program or Program()))
    if form == "rubin":
        return _json(_rubin_list(plan, program or Program()))
    if form == "ds9":
        return _regions(plan, {row["field_id"]: row["outline"] for row in fields})
    written: dict[str, Callable[[Mapping[str, Any]], bytes]] = {
        "csv": _csv,
        "json": _json,
        "ecsv": _ecsv,
        "gcn": lambda given: circular_of_plan(given).text().encode("ascii"),
    }
    return written[form](plan)


def circular_of_plan(plan: Mapping[str, Any]) -> Draft:
    """The text that tells others of a plan: ASCII, at most 80 columns, the fields with bands, seconds and times."""
    rows = plan["observations"]
    first, last = interval_of(rows)
    name = plan.get("name") or "a localization"
    bands = list(dict.fromkeys(row["filter"] for row in rows))
    each = sorted({row["exposure_s"] for row in rows})
    facts = paragraph(
        f"We plan to observe {counted(_count(rows), 'field')} of {name} with {plan['instrument']} at {plan['telescope']}, from "
        f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC.",
        f"The fields cover {plan['area']:.1f} square degrees of the sky and enclose {100 * plan['probability']:.1f}% of "
        f"the probability of the localization, overlaps counted once{_averaged(plan)}.",
        f"Exposures last {listed([f'{seconds:g}' for seconds in each])} s in {listed(bands)}; there are {len(rows)}.",
    )
    head = ("field", "RA (deg)", "Dec (deg)", "bands", "seconds", "first start (UTC)")
    body = f"{facts}\n\n{table(head, _lines(rows))}\n"
    return Draft(ascii_of(f"{name}: planned observations with {plan['instrument']}"), body)


def _averaged(plan: Mapping[str, Any]) -> str:
    """What is to be said of the probability where not all fields get all visits."""
    balanced = plan["wishes"].get("balance_exposure", True)
    return "" if balanced else ", averaged over the visits, of which not all fields get all"


def _rubin_list(plan: Mapping[str, Any], program: Program) -> dict[str, Any]:
    first, _ = interval_of(plan["observations"])
    name = program.queue_name or plan.get("name") or f"ToO_{first:%Y%m%dT%H%M%S}"
    return {"name": name, **exposure_list(plan["observations"], program.subprogram_name)}


def _regions(plan: Mapping[str, Any], outlines: Mapping[int, Sequence[Sequence[float]]]) -> bytes:
    """One region for each field, in the order of first visits, with its number and its filters."""
    about = ascii_of(f"{plan.get('name') or 'plan'}: {plan['instrument']} at {plan['telescope']}")
    lines = ["# Region file format: DS9 version 4.1", f"# {about}", "global color=green", "icrs"]
    for number, ra, dec, bands, *_ in _lines(plan["observations"]):
        corners = outlines.get(int(number))
        places = ",".join(f"{value:.5f}" for corner in corners or [(float(ra), float(dec))] for value in corner)
        lines.append(f"{'polygon' if corners else 'point'}({places}) # text={{{number}}} tag={{{ascii_of(bands)}}}")
    return ("\n".join(lines) + "\n").encode("ascii")


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """One line for each field, in the order of first visits."""
    fields: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        fields.setdefault(row["field_id"], []).append(row)
    return [
        (
            str(number),
            f"{own[0]['ra']:.4f}",
            f"{own[0]['dec']:+.4f}",
            ",".join(dict.fromkeys(row["filter"] for row in own)),
            f"{sum(row['exposure_s'] for row in own):g}",
            f"{datetime.fromisoformat(own[0]['start']):%Y-%m-%d %H:%M:%S}",
        )
        for number, own in fields.items()
    ]


def _count(rows: Sequence[Mapping[str, Any]]) -> int:
    return len({row["field_id"] for row in rows})


def _csv(plan: Mapping[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(plan["observations"])
    return text.getvalue().encode()


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def _ecsv(plan: Mapping[str, Any]) -> bytes:
    from astropy.table import Table
    from astropy.time import Time

    rows = plan["observations"]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in _COLUMNS}
    columns["start"] = Time(columns["start"], format="isot", scale="utc")
    facts = {name: plan[name] for name in _FACTS if plan.get(name) is not None}
    made = Table(columns, units=_UNITS, meta=facts)
    text = io.StringIO()
    made.write(text, format="ascii.ecsv")
    return text.getvalue().encode()
