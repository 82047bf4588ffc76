-- Every protected table carries `acl` (interned set of groups and streams, 0 = public) and `known_at`
-- (UTC, when the platform learnt the fact). Facts are appended; a correction is a new row.

CREATE TABLE streams (stream_id INTEGER, name VARCHAR, description VARCHAR, known_at TIMESTAMP);
CREATE TABLE groups (group_id INTEGER, name VARCHAR, description VARCHAR, known_at TIMESTAMP);
CREATE TABLE group_streams (group_id INTEGER, stream_id INTEGER, known_at TIMESTAMP);
CREATE TABLE users (user_name VARCHAR, known_at TIMESTAMP);
CREATE TABLE user_groups (user_name VARCHAR, group_id INTEGER, known_at TIMESTAMP);
CREATE TABLE user_streams (user_name VARCHAR, stream_id INTEGER, known_at TIMESTAMP);
CREATE TABLE acls (acl INTEGER, group_ids INTEGER[], stream_ids INTEGER[], known_at TIMESTAMP);

CREATE TABLE alerts (
    candid BIGINT, object_id VARCHAR, survey VARCHAR, schema_version VARCHAR, dayobs DATE,
    mjd DOUBLE, ra DOUBLE, dec DOUBLE, hpx BIGINT,          -- days UTC; deg ICRS; order-29 NESTED
    filter VARCHAR, mag FLOAT, magerr FLOAT, limiting_mag FLOAT, positive BOOLEAN,   -- AB; 5-sigma limit
    rb FLOAT, drb FLOAT, star_score FLOAT, star_distance FLOAT,   -- 0..1, 0..1, 0 galaxy..1 star, arcsec
    sso_name VARCHAR, sso_distance FLOAT,                          -- known minor planet, arcsec
    n_detections INTEGER, first_mjd DOUBLE,                        -- detections at 3 sigma in history; first of them
    stream VARCHAR,
    pack VARCHAR, packet_at BIGINT, packet_size INTEGER,
    science_at BIGINT, science_size INTEGER, template_at BIGINT, template_size INTEGER,
    difference_at BIGINT, difference_size INTEGER,
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE photometry (
    object_id VARCHAR, mjd DOUBLE, filter VARCHAR, survey VARCHAR, origin VARCHAR,   -- origin: alert or forced
    flux DOUBLE, fluxerr DOUBLE,                                   -- microjansky, AB zero point 23.9
    mag FLOAT, magerr FLOAT, limiting_mag FLOAT,                   -- AB as given; limit at 5 sigma
    ra DOUBLE, dec DOUBLE, point_id BIGINT,                        -- candid of a detection, -(exposure) of a limit
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE objects (object_id VARCHAR, survey VARCHAR, ra DOUBLE, dec DOUBLE, hpx BIGINT, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE filters (
    filter_id INTEGER, version INTEGER, name VARCHAR, group_id INTEGER, survey VARCHAR, expression VARCHAR,
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE candidates (
    candidate_id BIGINT, object_id VARCHAR, candid BIGINT, survey VARCHAR, filter_id INTEGER, filter_version INTEGER,
    dayobs DATE, mjd DOUBLE, ra DOUBLE, dec DOUBLE, filter VARCHAR, mag FLOAT, rb FLOAT, drb FLOAT,
    n_detections INTEGER, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE decisions (
    decision_id BIGINT, idempotency_key VARCHAR, object_id VARCHAR, candidate_id BIGINT, user_name VARCHAR,
    verdict VARCHAR, group_ids INTEGER[], undoes BIGINT, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE sources (
    object_id VARCHAR, group_id INTEGER, saved_by VARCHAR, active BOOLEAN, decision_id BIGINT,
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE changes (seq BIGINT, kind VARCHAR, payload VARCHAR, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE visits (user_name VARCHAR, known_at TIMESTAMP);

CREATE TABLE report_runs (
    report_id VARCHAR, name VARCHAR, parameters VARCHAR, requested_by VARCHAR, due_at TIMESTAMP, schedule_key VARCHAR,
    rights VARCHAR[], rights_streams VARCHAR[],                    -- groups and streams with whose rights it reads
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE report_states (
    state_id BIGINT, report_id VARCHAR, state VARCHAR, worker VARCHAR, lease_until TIMESTAMP, detail VARCHAR, seconds DOUBLE,
    code_revision VARCHAR, data_version BIGINT, acl INTEGER, known_at TIMESTAMP);
