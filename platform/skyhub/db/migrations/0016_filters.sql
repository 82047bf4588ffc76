-- Versions of a candidate filter are proposed first and go live later: the newest state of a filter says which, or that none is.
-- Until now a version was live from when it was stored.

ALTER TABLE filters ADD COLUMN guard DOUBLE DEFAULT 0.05;          -- greatest fraction of alerts that may pass
ALTER TABLE filters ADD COLUMN author VARCHAR;

CREATE TABLE filter_states (
    filter_state_id BIGINT, filter_id INTEGER, version INTEGER, active BOOLEAN, user_name VARCHAR, reason VARCHAR,
    filter_trial_id BIGINT,                                        -- the trial that let it go live
    acl INTEGER, known_at TIMESTAMP);
INSERT INTO filter_states BY NAME
    SELECT row_number() OVER (ORDER BY known_at, filter_id, version) AS filter_state_id, filter_id, version, true AS active,
        acl, known_at
    FROM filters;

CREATE TABLE filter_trials (
    filter_trial_id BIGINT, filter_id INTEGER, version INTEGER,
    live_version INTEGER,                                          -- what it was compared with
    nights DATE[], n_alerts BIGINT, n_passed BIGINT, guard DOUBLE, within_guard BOOLEAN,
    cost_ms DOUBLE,                                                -- ms per alert
    recovered VARCHAR[], missed VARCHAR[], absent VARCHAR[],       -- known objects: passed, did not, have no alerts there
    added VARCHAR[], removed VARCHAR[],                            -- objects, with regard to the live version
    user_name VARCHAR, acl INTEGER, known_at TIMESTAMP);
