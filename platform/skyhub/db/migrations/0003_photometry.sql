-- `photometry` is what came last, in the order of arrival; older points lie in sorted, immutable files, the runs.
-- A photometry_id names one row. A correction is a new row with the next version of the same identity
-- (object_id, instrument, origin, filter, mjd, repeat); the row that it corrects gets known_until.

CREATE TABLE photometry_next (
    photometry_id BIGINT NOT NULL,
    object_id VARCHAR, instrument VARCHAR, origin VARCHAR, filter VARCHAR, mjd DOUBLE, repeat SMALLINT, version SMALLINT,
    flux DOUBLE, fluxerr DOUBLE,                                   -- microjansky, AB zero point 23.9
    mag FLOAT, magerr FLOAT, limiting_mag FLOAT, limiting_nsigma FLOAT,   -- AB; the limit's number of sigma
    ra DOUBLE, dec DOUBLE,                                         -- deg ICRS, of this point
    given_value DOUBLE, given_error DOUBLE, given_limit DOUBLE, given_unit VARCHAR, given_zp DOUBLE, given_system VARCHAR,
    survey VARCHAR, point_id BIGINT,                               -- candid of a detection, -(exposure) of a limit
    owner VARCHAR, upload_id BIGINT,                               -- who brought it in; null for alerts
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

INSERT INTO photometry_next BY NAME
    SELECT *, row_number() OVER (ORDER BY known_at, rowid) AS photometry_id, survey AS instrument,
        5 AS limiting_nsigma, 0 AS repeat, 1 AS version
    FROM photometry ORDER BY known_at, rowid;
DROP TABLE photometry;
ALTER TABLE photometry_next RENAME TO photometry;

-- One row per file of runs: which points it holds. A file that is not named here belongs to nobody.
CREATE TABLE photometry_runs (
    file_id BIGINT, run_id BIGINT, n_rows BIGINT,                  -- a run is sorted and has one file or more
    first_object VARCHAR, last_object VARCHAR, first_mjd DOUBLE, last_mjd DOUBLE,
    last_id BIGINT, last_upload_id BIGINT, n_bytes BIGINT, checksum VARCHAR,   -- greatest photometry_id; SHA-256
    known_at TIMESTAMP);

-- What has changed of points that lie in runs; folded into them when they are next written.
CREATE TABLE photometry_overlay (
    change_id BIGINT, photometry_id BIGINT, superseded_at TIMESTAMP, new_acl INTEGER, known_at TIMESTAMP);
