"""Measure what is asked of sky maps beside the programs of the field, on the same maps in the same run.

    .venv/bin/python benchmarks/skymaps.py --shared ../shared/data [--positions 100000] [--fields 100] [--json]

*Crossmatch* has the credible levels of positions in area, and in volume where the map has distances, and the areas of two
credible levels, as `ligo.skymap.postprocess.crossmatch` gives them (it puts distances on a grid of 1000); *first* begins with a
map that was just read, *next* has another catalogue on the same map, and *kept* a catalogue of the database, whose positions
have their HEALPix index beside them. *Fields* are those of the Zwicky Transient Facility with
the gaps between its 64 quadrants: the probability and the area of their union, by a loop over polygons in a flat map
(`healpy.query_polygon`) and by a loop over the pairs of ranges of HEALPix indices that overlap. The same ranges, and galaxies
all over the sky, are also asked of PostgreSQL, where it is installed, as HEALPix Alchemy writes it.
"""

from __future__ import annotations

import argparse
import bisect
import io
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import healpy
import numpy as np
import pandas as pd
from _postgresql import PostgreSQL, installed
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from ligo.skymap.postprocess import crossmatch
from skyhub.science.cells import united_ranges
from skyhub.science.coordinates import hpx_index
from skyhub.science.field_tiles import FieldRanges, field_ranges
from skyhub.science.footprints import Footprint, parse_footprint
from skyhub.science.skymaps import SkyMap, cover, healpix_of, read_sky_map, write_sky_map
from skyhub.science.vectors import unit_vectors

MAPS = (
    "S190425z_GW190425_bayestar.fits.gz",
    "GW170817_LALInference.multiorder.fits",
    "S190814bv_GW190814_bayestar.multiorder.fits",
    "GRB180116A_Fermi_GBM_glg_healpix_all_bn180116026.fit",
)
NSIDE = 1024
GALAXIES = 40_000
_EXACT = 1000
LEVELS = (0.5, 0.9)
_PIXEL_SR, _PIXEL_DEG2 = np.pi / 3 / 4.0**29, np.degrees(np.degrees(np.pi / 3)) / 4.0**29
T = TypeVar("T")


def timed(work: Callable[[], T], repeats: int = 1) -> tuple[float, T]:
    """Seconds (the fewest of some repeats) and the answer of work."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), answer


def measure_crossmatch(sky_map: SkyMap, count: int, seed: int = 0) -> dict[str, Any]:
    """Levels of positions all over the sky, of which a half lies where the source may be."""
    random = np.random.default_rng(seed)
    ra, dec = random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    some = random.choice(len(sky_map), count // 2, p=sky_map.probability / sky_map.probability.sum())
    ra[: count // 2], dec[: count // 2] = (values[some] for values in sky_map.centres)
    distance = None
    if sky_map.distances and sky_map.distance:
        mean, deviation = sky_map.distance
        distance = np.abs(random.normal(mean, deviation, count))
    table = Table.read(io.BytesIO(write_sky_map(sky_map)), format="fits").as_array()
    far = {} if distance is None else {"distance": distance * u.Mpc}
    places = SkyCoord(ra * u.deg, dec * u.deg, **far)
    theirs, expected = timed(lambda: crossmatch(table, places, contours=LEVELS))
    fresh = replace(sky_map)
    _levels(replace(sky_map), ra[:1], dec[:1], None if distance is None else distance[:1])
    first, (level, areas, volume) = timed(lambda: _levels(fresh, ra, dec, distance))
    following, _ = timed(lambda: _levels(fresh, ra, dec, distance), 5)
    hpx = hpx_index(ra, dec)
    kept, _ = timed(lambda: _levels_at(fresh, hpx, distance), 5)
    differences = {"level": np.abs(level - expected.searched_prob).max()}
    differences["area_deg2"] = np.abs(np.subtract(areas, expected.contour_areas)).max()
    if volume is not None:
        differences["volume_level"] = np.abs(volume - expected.searched_prob_vol).max()
        exact = _exact_levels(sky_map, ra[:_EXACT], dec[:_EXACT], distance[:_EXACT])
        differences["volume_level here from its closed form"] = np.abs(volume[:_EXACT] - exact).max()
        differences["volume_level there from it"] = np.abs(expected.searched_prob_vol[:_EXACT] - exact).max()
    return {
        "cells": len(sky_map), "peer_s": theirs, "first_s": first, "next_s": following, "kept_s": kept,
        "difference": {name: float(value) for name, value in differences.items()},
    }  # fmt: skip


def _levels(sky_map: SkyMap, ra: np.ndarray, dec: np.ndarray, distance: np.ndarray | None) -> tuple[Any, Any, Any]:
    return _levels_at(sky_map, hpx_index(ra, dec), distance)


def _levels_at(sky_map: SkyMap, hpx: np.ndarray, distance: np.ndarray | None) -> tuple[Any, Any, Any]:
    areas = [sky_map.area_within(level) for level in LEVELS]
    cell = sky_map.cell_of(hpx)
    volume = None if distance is None else sky_map.volume_level_in(cell, distance)
    return sky_map.credible_level_in(cell), areas, volume


def _exact_levels(sky_map: SkyMap, ra: np.ndarray, dec: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Levels in volume without a table: the closed form summed over all lines of sight for each position."""
    density = sky_map.volumes.log_density(sky_map.cell_of(hpx_index(ra, dec)), distance)
    lines = sky_map.volumes._lines
    return np.array([lines.denser(value)[0] if np.isfinite(value) else 1.0 for value in density])


def measure_fields(sky_map: SkyMap, camera: Footprint, fields: pd.DataFrame) -> dict[str, Any]:
    """The probability and the area of the union of fields."""
    ra, dec = fields["RA"].to_numpy(), fields["Dec"].to_numpy()
    drawn, ranges = timed(lambda: field_ranges(camera, fields["ID"], ra, dec))
    ours, covered = timed(lambda: cover(sky_map, ranges), 20)
    flat = healpix_of(sky_map, NSIDE)
    polygons, by_polygon = timed(lambda: _by_polygons(flat, camera, ra, dec))
    pairs, by_pair = timed(lambda: _by_pairs(sky_map, ranges))
    return {
        "fields": len(fields), "ranges": len(ranges.low), "draw_s": drawn, "cover_s": ours,
        "probability": covered.probability, "area": covered.area,
        "polygons": {"s": polygons, "probability": by_polygon[0], "area": by_polygon[1]},
        "pairs": {"s": pairs, "probability": by_pair[0], "area": by_pair[1]},
    }  # fmt: skip


def _by_polygons(flat: np.ndarray, camera: Footprint, ra: np.ndarray, dec: np.ndarray) -> tuple[float, float]:
    """The pixels of a flat map in each polygon of each field, gathered in a set."""
    seen: set[int] = set()
    for place in zip(ra, dec, strict=True):
        for corners in camera.corners(*place):
            seen.update(healpy.query_polygon(NSIDE, unit_vectors(*corners.T)).tolist())
    return float(flat[list(seen)].sum()), len(seen) * healpy.nside2pixarea(NSIDE, degrees=True)


def _by_pairs(sky_map: SkyMap, fields: FieldRanges) -> tuple[float, float]:
    """Each range of the union, and each cell of the map that it overlaps, one after the other."""
    low, high, density = sky_map.low.tolist(), sky_map.high.tolist(), sky_map.density.tolist()
    probability, pixels = 0.0, 0
    for begin, end in zip(*(edges.tolist() for edges in united_ranges(fields.low, fields.high)), strict=True):
        pixels += end - begin
        cell = bisect.bisect_right(high, begin)
        while cell < len(low) and low[cell] < end:
            probability += density[cell] * (min(end, high[cell]) - max(begin, low[cell])) * _PIXEL_SR
            cell += 1
    return probability, pixels * _PIXEL_DEG2


def measure_sets(sky_map: SkyMap, fields: FieldRanges, galaxies: np.ndarray) -> dict[str, Any]:
    """What PostgreSQL is asked for, here: map and fields are in memory, the map ranked as the service keeps it."""
    ranked, _ = timed(lambda: replace(sky_map).levels, 5)
    jobs: dict[str, Callable[[], Any]] = {
        "area": lambda: np.subtract(*united_ranges(fields.low, fields.high)[::-1]).sum() * _PIXEL_DEG2,
        "probability": lambda: cover(sky_map, fields).probability,
        "area of the 90 % region": lambda: sky_map.area_within(0.9),
        "galaxies in the 90 % region": lambda: sky_map.holds(galaxies, 0.9).sum(),
    }
    found: dict[str, Any] = {name: dict(zip(("s", "value"), timed(job, 20), strict=True)) for name, job in jobs.items()}
    return {**found, "ranked_s": ranked}


def measure_postgresql(
    sky_map: SkyMap, fields: FieldRanges, galaxies: np.ndarray, directory: Path
) -> dict[str, Any] | None:
    """The same ranges and galaxies as tables with spatial indexes, and the questions as HEALPix Alchemy writes them."""
    programs = installed()
    if programs is None:
        return None
    server = PostgreSQL(programs, directory / "postgresql")
    try:
        import psycopg

        with psycopg.connect(server.url, autocommit=True) as connection:
            _load(
                connection,
                "cells",
                zip(sky_map.low.tolist(), sky_map.high.tolist(), sky_map.density.tolist(), strict=True),
            )
            _load(
                connection, "tiles", zip(fields.low.tolist(), fields.high.tolist(), fields.fields.tolist(), strict=True)
            )
            connection.execute("CREATE TABLE galaxies (hpx bigint)")
            with connection.cursor() as cursor, cursor.copy("COPY galaxies FROM STDIN") as copy:
                for hpx in galaxies.tolist():
                    copy.write_row([hpx])
            connection.execute("CREATE INDEX ON galaxies (hpx)")
            connection.execute("VACUUM ANALYZE galaxies")
            return {
                name: dict(
                    zip(("s", "value"), timed(lambda q=query: connection.execute(q).fetchone()[0], 3), strict=True)
                )
                for name, query in _QUERIES.items()
            }
    finally:
        server.stop()


_LEAST = f"""
    SELECT min(value) FROM (SELECT value, sum(value * (upper(range) - lower(range)) * {_PIXEL_SR})
        OVER (ORDER BY value DESC) AS level FROM cells) AS ranked WHERE level <= 0.9
"""
_UNION = "SELECT unnest(range_agg(range)) AS range FROM tiles"
_QUERIES = {
    "area": f"SELECT sum(upper(range) - lower(range))::float * {_PIXEL_DEG2} FROM ({_UNION}) AS seen",
    "probability": f"SELECT sum(value * (upper(seen.range * cells.range) - lower(seen.range * cells.range))) * {_PIXEL_SR} "
    f"FROM ({_UNION}) AS seen JOIN cells ON seen.range && cells.range",
    "area of the 90 % region": f"SELECT sum(upper(range) - lower(range)) * {_PIXEL_DEG2} FROM cells WHERE value >= ({_LEAST})",
    "galaxies in the 90 % region": "SELECT count(*) FROM galaxies JOIN cells ON cells.range @> galaxies.hpx "
    f"WHERE value >= ({_LEAST})",
}


def _load(connection: Any, table: str, rows: Any) -> None:
    connection.execute(f"CREATE TABLE {table} (range int8range, value double precision)")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for low, high, value in rows:
            copy.write(f"[{low},{high})\t{value!r}\n")
    connection.execute(f"CREATE INDEX ON {table} USING spgist (range)")
    connection.execute(f"VACUUM ANALYZE {table}")


def report(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"{result['positions']:,} positions; goal: ligo.skymap at least 50 times as long, levels equal to 1e-6")
    for name, found in result["crossmatch"].items():
        print(f"  {name} ({found['cells']:,} cells): ligo.skymap {found['peer_s']:.2f} s")
        for part in ("first", "next", "kept"):
            seconds = found[f"{part}_s"]
            print(f"    {part}: {seconds * 1e3:.1f} ms (×{found['peer_s'] / seconds:.0f})")
        print("    differences: " + ", ".join(f"{key} {value:.1e}" for key, value in found["difference"].items()))
    print("fields; goal: the loops at least 300 times as long")
    for name, found in result["fields"].items():
        print(f"  {name}, {found['fields']} fields, {found['ranges']:,} ranges drawn in {found['draw_s']:.2f} s, once")
        ours = found["cover_s"]
        print(f"    {ours * 1e3:.2f} ms: probability {found['probability']:.6f}, area {found['area']:.1f} deg²")
        for peer in ("polygons", "pairs"):
            one = found[peer]
            ratios = f"×{one['s'] / ours:.0f}; beside drawing as well ×{one['s'] / (ours + found['draw_s']):.1f}"
            print(
                f"    loop over {peer}: {one['s']:.3f} s ({ratios}), {one['probability']:.6f}, {one['area']:.1f} deg²"
            )
        print(f"    ranked in {found['sets']['ranked_s'] * 1e3:.2f} ms, once")
        for key, one in (found["postgresql"] or {}).items():
            here = found["sets"][key]
            print(
                f"    PostgreSQL, {key}: {one['s']:.3f} s, {one['value']:.6f}; here {here['s'] * 1e3:.2f} ms, {here['value']:.6f} "
                f"(×{one['s'] / here['s']:.0f})"
            )
        if not found["postgresql"]:
            print("    PostgreSQL or psycopg is not installed: no such peer.")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared",
        type=Path,
        default=Path(__file__).resolve().parents[2] / "shared" / "data",
        help="directory with skymaps/ and survey/",
    )
    parser.add_argument("--positions", type=int, default=100_000)
    parser.add_argument("--fields", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    maps = {name: read_sky_map(chosen.shared / "skymaps" / name) for name in MAPS}
    camera = parse_footprint((chosen.shared / "survey/skyportal/ZTF_Region.reg").read_text())
    survey = pd.read_csv(chosen.shared / "survey/skyportal/ZTF_Fields.csv")
    galaxies = np.random.default_rng(1).integers(0, 12 * 4**29, GALAXIES)
    result: dict[str, Any] = {"positions": chosen.positions, "crossmatch": {}, "fields": {}}
    for name, sky_map in maps.items():
        result["crossmatch"][name] = measure_crossmatch(sky_map, chosen.positions)
    for name in MAPS[:2]:
        densest = np.argsort(-maps[name].density_at(survey["RA"], survey["Dec"]), kind="stable")[: chosen.fields]
        some = survey.iloc[densest]
        found = measure_fields(maps[name], camera, some)
        with tempfile.TemporaryDirectory() as folder:
            ranges = field_ranges(camera, some["ID"], some["RA"], some["Dec"])
            found["sets"] = measure_sets(maps[name], ranges, galaxies)
            found["postgresql"] = measure_postgresql(maps[name], ranges, galaxies, Path(folder))
        result["fields"][name] = found
    print(json.dumps(result)) if chosen.json else report(result)


if __name__ == "__main__":
    main()
