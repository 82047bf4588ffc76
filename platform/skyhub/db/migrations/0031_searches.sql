-- Searches that are kept under a name and run again each night; what a run finds that no earlier one for the same readers did.

CREATE TABLE searches (
    search_id BIGINT,
    name VARCHAR,
    conditions VARCHAR,
    nightly BOOLEAN,
    description VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE search_runs (
    search_run_id BIGINT, search_id BIGINT, version INTEGER, user_name VARCHAR,   -- user: with whose rights
    due_at TIMESTAMP,                                              -- null: on demand
    reason VARCHAR,                                                -- why it failed
    acl INTEGER, known_at TIMESTAMP);

CREATE TABLE search_finds (
    search_run_id BIGINT, search_id BIGINT, object_id VARCHAR, acl INTEGER, known_at TIMESTAMP);
