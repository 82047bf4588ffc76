-- Templates of reports that groups keep beside those of a release. Versions are never changed: the newest state of a template says
-- which is current, or that none is. A run of one tells which version it executes; it is executed in the server of who asked for it,
-- and handed in from there.

CREATE TABLE report_templates (
    report_template_id BIGINT, version INTEGER, name VARCHAR, group_id INTEGER,
    notebook VARCHAR, sidecar VARCHAR,                             -- JSON and YAML, as text
    sha256 VARCHAR,                                                -- of both
    forked_from VARCHAR, forked_sha256 VARCHAR,                    -- the report of a release, and its digest then
    original VARCHAR,                                              -- JSON: its notebook and sidecar then
    author VARCHAR, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE report_template_states (
    report_template_state_id BIGINT, report_template_id BIGINT, version INTEGER, active BOOLEAN, user_name VARCHAR,
    reason VARCHAR, report_id VARCHAR,                             -- the dry run that let it become current
    acl INTEGER, known_at TIMESTAMP);

ALTER TABLE report_runs ADD COLUMN report_template_id BIGINT;
ALTER TABLE report_runs ADD COLUMN template_version INTEGER;
ALTER TABLE report_runs ADD COLUMN template_sha256 VARCHAR;
ALTER TABLE report_runs ADD COLUMN dry_run BOOLEAN;
ALTER TABLE report_states ADD COLUMN handed_in BOOLEAN;           -- executed by its owner's server, to be put together
