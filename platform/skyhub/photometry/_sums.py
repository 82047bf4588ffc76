"""Statistics of light curves as partial sums: what some points add up to, and what such sums add up to.

Each row of ``photometry_statistics`` stands for points of one object, acl and filter that came in together. Rows are added
with new points, without looking anything up; a reader adds up the rows that a viewer may see, which is exactly what the
points that the viewer may see add up to.
"""

from __future__ import annotations

__all__ = ["MERGED", "MERGED_FILTERS"]

_BY_FILTER = """
    SELECT object_id, filter, sum(n_points)::BIGINT AS n_points, sum(n_detections)::BIGINT AS n_detections,
        min(struct_pack(m := first_mjd, b := first_mag)) FILTER (first_mjd IS NOT NULL) AS first,
        max(struct_pack(m := last_mjd, b := -last_mag)) FILTER (last_mjd IS NOT NULL) AS last,
        min(struct_pack(m := first_mjd, b := first_mag)) FILTER (first_mjd IS NOT NULL AND NOT forced) AS first_unforced,
        max(struct_pack(m := last_mjd, b := -last_mag)) FILTER (last_mjd IS NOT NULL AND NOT forced) AS last_unforced,
        max(recent_mjd) AS recent_mjd,
        min(struct_pack(b := peak_mag, m := peak_mjd)) FILTER (peak_mag IS NOT NULL) AS peak,
        max(faintest_mag) AS faintest_mag, max(deepest_limit) AS deepest_limit,
        sum(sum_mag) AS sum_mag, sum(sum_square) AS sum_square
    FROM rows GROUP BY object_id, filter
"""
_MEAN = "20 + sum_mag / nullif(n_detections, 0)"
_RMS = (
    "CASE WHEN n_detections > 0 THEN sqrt(greatest(sum_square / n_detections - (sum_mag / n_detections) ** 2, 0)) END"
)

MERGED_FILTERS = f"""
    WITH rows AS (SELECT * FROM {{rows}}), by_filter AS ({_BY_FILTER})
    SELECT object_id, filter, n_points, n_detections, {_MEAN} AS mean_mag, {_RMS} AS mag_rms,
        peak.m AS peak_mjd, peak.b AS peak_mag, faintest_mag, deepest_limit
    FROM by_filter ORDER BY object_id, filter
"""
"""Statistics by object and filter."""

MERGED = f"""
    WITH rows AS (SELECT * FROM {{rows}}), by_filter AS ({_BY_FILTER}),
    sums AS (
        SELECT object_id, sum(n_points)::BIGINT AS n_points, sum(n_detections)::BIGINT AS n_detections,
            min(struct_insert(first, f := filter)) FILTER (first IS NOT NULL) AS first,
            max(struct_insert(last, f := filter)) FILTER (last IS NOT NULL) AS last,
            min(struct_insert(first_unforced, f := filter)) FILTER (first_unforced IS NOT NULL) AS first_unforced,
            max(struct_insert(last_unforced, f := filter)) FILTER (last_unforced IS NOT NULL) AS last_unforced,
            max(recent_mjd) AS recent_mjd,
            min(struct_insert(peak, f := filter)) FILTER (peak IS NOT NULL) AS peak,
            max(faintest_mag) AS faintest_mag, max(deepest_limit) AS deepest_limit,
            sum(sum_mag) AS sum_mag, sum(sum_square) AS sum_square,
            map_from_entries(list(struct_pack(k := filter, v := {_MEAN}) ORDER BY filter) FILTER (n_detections > 0)) AS mean_mags
        FROM by_filter GROUP BY object_id),
    means AS (SELECT object_id, filter, {_MEAN} AS mag FROM by_filter WHERE n_detections > 0),
    colours AS (
        SELECT g.object_id, arg_min(g.mag - r.mag, g.filter) AS g_r FROM means AS g JOIN means AS r
            ON r.object_id = g.object_id AND r.filter = left(g.filter, -1) || 'r'
        WHERE g.filter LIKE '%g' GROUP BY g.object_id),
    limits AS (
        SELECT object_id, filter, unnest(limit_mjds) AS mjd, unnest(limit_mags) AS mag
        FROM rows WHERE len(limit_mjds) > 0),
    before AS (
        SELECT object_id, count(*) AS n_predetections,
            max(struct_pack(m := limits.mjd, b := limits.mag, f := limits.filter)) FILTER (limits.mag IS NOT NULL) AS last_limit
        FROM limits JOIN sums USING (object_id) WHERE first IS NULL OR limits.mjd < first.m GROUP BY object_id)
    SELECT s.object_id, s.n_points, s.n_detections,
        s.first.m AS first_mjd, s.first.b AS first_mag, s.first.f AS first_filter,
        s.last.m AS last_mjd, -s.last.b AS last_mag, s.last.f AS last_filter,
        s.first_unforced.m AS first_unforced_mjd, s.first_unforced.b AS first_unforced_mag,
        s.first_unforced.f AS first_unforced_filter,
        s.last_unforced.m AS last_unforced_mjd, -s.last_unforced.b AS last_unforced_mag,
        s.last_unforced.f AS last_unforced_filter,
        s.recent_mjd, s.peak.m AS peak_mjd, s.peak.b AS peak_mag, s.peak.f AS peak_filter,
        s.faintest_mag, s.deepest_limit, {_MEAN.replace("sum_", "s.sum_").replace("n_det", "s.n_det")} AS mean_mag,
        {_RMS.replace("sum_", "s.sum_").replace("n_det", "s.n_det")} AS mag_rms,
        b.last_limit.m AS last_limit_mjd, b.last_limit.b AS last_limit_mag, b.last_limit.f AS last_limit_filter,
        s.first.m - b.last_limit.m AS days_from_limit, coalesce(b.n_predetections, 0) AS n_predetections,
        CASE WHEN rising.peak.m > s.first.m THEN (rising.peak.b - s.first.b) / (rising.peak.m - s.first.m) END AS rise_rate,
        CASE WHEN s.last.m > fading.peak.m THEN (-s.last.b - fading.peak.b) / (s.last.m - fading.peak.m) END AS decay_rate,
        c.g_r, s.mean_mags
    FROM sums AS s LEFT JOIN before AS b USING (object_id) LEFT JOIN colours AS c USING (object_id)
        LEFT JOIN by_filter AS rising ON rising.object_id = s.object_id AND rising.filter = s.first.f
        LEFT JOIN by_filter AS fading ON fading.object_id = s.object_id AND fading.filter = s.last.f
    ORDER BY s.object_id
"""
"""Statistics by object."""
