-- What candidate filters give beside candidates: annotations, and sources of groups. Filters may be written in Python; what
-- could not be computed is told.

ALTER TABLE filters ADD COLUMN language VARCHAR DEFAULT 'sql';     -- sql or python: of the expression
ALTER TABLE filters ADD COLUMN annotations VARCHAR DEFAULT '{}';   -- JSON: an SQL expression by key
ALTER TABLE filters ADD COLUMN autosave INTEGER[] DEFAULT [];      -- groups for which what passes is saved
ALTER TABLE filters ADD COLUMN packages VARCHAR;                   -- JSON: versions that a function was written with

ALTER TABLE filter_trials ADD COLUMN n_faults BIGINT DEFAULT 0;    -- alerts on which something could not be computed
ALTER TABLE filter_trials ADD COLUMN live_n_passed BIGINT;         -- of the same alerts, by the live version

CREATE TABLE filter_faults (
    filter_fault_id BIGINT, filter_id INTEGER, version INTEGER,
    object_id VARCHAR, candid BIGINT, survey VARCHAR,              -- null: the version failed on a whole batch
    n_alerts BIGINT,                                               -- that were not filtered
    reason VARCHAR, acl INTEGER, known_at TIMESTAMP);

-- Functions look at alerts after these are stored: how far they came, and what it cost.
CREATE TABLE filter_runs (
    filter_run_id BIGINT, filter_id INTEGER, version INTEGER,
    last_known_at TIMESTAMP, last_candid BIGINT,                   -- the last alert that was looked at
    n_alerts BIGINT, n_passed BIGINT, cost_ms DOUBLE,              -- ms per alert
    acl INTEGER, known_at TIMESTAMP);
