-- Standing rules by which plans are sent, and what became of each plan by them. A watch over the journal goes on without those
-- whose rights cannot be known at the time: how far it has come for each of them; no seq says that it has caught up.

CREATE TABLE sending_rules (
    sending_rule_id BIGINT,
    default_plan_id BIGINT,
    payload VARCHAR,
    lowest_probability DOUBLE,
    most_hours DOUBLE,
    latest_start DOUBLE,
    newer VARCHAR,
    cancel_retracted BOOLEAN,
    active BOOLEAN,
    allocation_id BIGINT,
    default_plan_version BIGINT,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE rule_sendings (
    rule_sending_id BIGINT,
    sending_rule_id BIGINT,
    event_id BIGINT,
    event VARCHAR,
    localization_id BIGINT,
    plan_id BIGINT,
    request_id BIGINT,
    state VARCHAR,                                                 -- sent, updated, held, stopped, cancelled or taken over
    detail VARCHAR,
    user_name VARCHAR,                                             -- in whose name; of what was taken over, by whom
    acl INTEGER,
    known_at TIMESTAMP);

CREATE TABLE owners_behind (watch VARCHAR, user_name VARCHAR, seq BIGINT, looked_at TIMESTAMP, known_at TIMESTAMP);

-- Telescopes that the Sun does not hinder.
ALTER TABLE telescopes ADD COLUMN by_day BOOLEAN DEFAULT false;
