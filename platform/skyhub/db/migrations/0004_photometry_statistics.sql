-- What points of light curves add up to, kept as partial sums: each row stands for some points of one object, acl and
-- filter, and the sum of an object's rows is the sum of its points. New points add rows; nothing is looked up to do so.
-- A correction supersedes the rows of its object by new ones.
-- Detected: flux above 3 sigma, or any flux in an alert. Magnitudes AB.

CREATE TABLE photometry_statistics (
    statistics_id BIGINT NOT NULL, version SMALLINT,
    object_id VARCHAR, filter VARCHAR, forced BOOLEAN,             -- forced: from forced photometry
    n_points INTEGER, n_detections INTEGER,
    first_mjd DOUBLE, first_mag DOUBLE, last_mjd DOUBLE, last_mag DOUBLE, recent_mjd DOUBLE,   -- recent: of any point
    peak_mjd DOUBLE, peak_mag DOUBLE, faintest_mag DOUBLE, deepest_limit DOUBLE,
    sum_mag DOUBLE, sum_square DOUBLE,                             -- of (mag - 20)
    limit_mjds DOUBLE[], limit_mags DOUBLE[],                      -- limits before the first detection among these points
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

-- What people say of single points.
CREATE TABLE photometry_validations (
    photometry_validation_id BIGINT,
    photometry_id BIGINT, validated BOOLEAN, explanation VARCHAR,
    version INTEGER, author VARCHAR, edited_by VARCHAR,
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

INSERT INTO photometry_statistics BY NAME
WITH seen AS (
    SELECT object_id, acl, filter, mjd, flux, known_at,
        coalesce(regexp_matches(lower(origin), 'forced|^fp$'), false) AS forced,
        coalesce((flux > 3 * fluxerr OR origin = 'alert') AND flux <> 0, false) AS detected,
        CASE WHEN flux <> 0 THEN 23.9 - 2.5 * log10(abs(flux)) END AS mag,
        round(coalesce(limiting_mag, CASE WHEN fluxerr > 0 THEN 23.9 - 2.5 * log10(3 * fluxerr) END)::DOUBLE, 5) AS upper
    FROM photometry WHERE known_until IS NULL),
first_seen AS (
    SELECT *, min(mjd) FILTER (detected AND NOT forced) OVER (PARTITION BY object_id, acl) AS first_detected FROM seen)
SELECT row_number() OVER (ORDER BY object_id, acl, filter, forced) AS statistics_id, 1 AS version,
    object_id, acl, filter, forced, count(*) AS n_points, count(*) FILTER (detected) AS n_detections,
    min(mjd) FILTER (detected) AS first_mjd,
    struct_extract(min(struct_pack(m := mjd, b := mag)) FILTER (detected), 'b') AS first_mag,
    max(mjd) FILTER (detected) AS last_mjd,
    -struct_extract(max(struct_pack(m := mjd, b := -mag)) FILTER (detected), 'b') AS last_mag,
    max(mjd) AS recent_mjd,
    struct_extract(min(struct_pack(b := mag, m := mjd)) FILTER (detected), 'm') AS peak_mjd,
    min(mag) FILTER (detected) AS peak_mag, max(mag) FILTER (detected) AS faintest_mag,
    max(upper) FILTER (NOT detected) AS deepest_limit,
    sum(mag - 20) FILTER (detected) AS sum_mag, sum((mag - 20) ** 2) FILTER (detected) AS sum_square,
    list(mjd ORDER BY mjd, upper) FILTER (NOT detected AND (first_detected IS NULL OR mjd < first_detected)) AS limit_mjds,
    list(upper ORDER BY mjd, upper) FILTER (NOT detected AND (first_detected IS NULL OR mjd < first_detected)) AS limit_mags,
    max(known_at) AS known_at
FROM first_seen GROUP BY object_id, acl, filter, forced;
