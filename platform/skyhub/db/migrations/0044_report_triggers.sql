-- Schedules of people: what makes a report run by itself. A run tells which schedule it is of, how often it is tried again and how
-- long it may take; a state, before when it is not claimed. How far the clock and the journal of changes were looked at is written
-- with the runs that came of it.

CREATE TABLE schedules (
    schedule_id BIGINT,
    name VARCHAR,
    report VARCHAR,
    parameters VARCHAR,
    trigger VARCHAR,
    cron VARCHAR,
    conditions VARCHAR,
    telescope VARCHAR,
    twilight VARCHAR,
    for_group VARCHAR,
    catch_up VARCHAR,
    retries BIGINT,
    timeout BIGINT,
    active BOOLEAN,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE schedule_marks (seq BIGINT, looked_at TIMESTAMP, known_at TIMESTAMP);

ALTER TABLE report_runs ADD COLUMN schedule_id BIGINT;
ALTER TABLE report_runs ADD COLUMN retries INTEGER;
ALTER TABLE report_runs ADD COLUMN timeout INTEGER;                -- s
ALTER TABLE report_states ADD COLUMN not_before TIMESTAMP;
