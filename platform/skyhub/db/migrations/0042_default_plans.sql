-- Plans that are drafted by themselves when a localization comes; what became of each, and how far the journal was looked at.

CREATE TABLE default_plans (
    default_plan_id BIGINT,
    name VARCHAR,
    allocation_id BIGINT,
    conditions VARCHAR,
    wishes VARCHAR,
    for_group VARCHAR,
    active BOOLEAN,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE default_plan_drafts (
    default_plan_id BIGINT,
    key VARCHAR,
    event VARCHAR,
    localization_id BIGINT,
    plan_id BIGINT,
    state VARCHAR,
    detail VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP);

CREATE TABLE default_plan_marks (seq BIGINT, known_at TIMESTAMP);
