-- Rules say of what users want to be told, channels where beside the dashboards. A message is one user's to be told of one
-- change of the journal, whatever number of rules says so; its text is made when it is read, of what its reader may see then.
-- How far the journal was looked at is written with the messages that came of it. A delivery is one message's way through
-- one channel; its state in force is the newest.

CREATE TABLE channels (
    channel_id BIGINT,
    name VARCHAR,
    type VARCHAR,
    address VARCHAR,
    room VARCHAR,
    token VARCHAR,
    quiet_from VARCHAR,
    quiet_until VARCHAR,
    time_zone VARCHAR,
    shown_as VARCHAR,
    sealed VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE rules (
    rule_id BIGINT,
    name VARCHAR,
    occasions VARCHAR[],
    conditions VARCHAR,
    groups VARCHAR[],
    channels VARCHAR[],
    urgent BOOLEAN,
    active BOOLEAN,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE message_marks (seq BIGINT, known_at TIMESTAMP);
INSERT INTO message_marks SELECT coalesce(max(seq), 0), max(known_at) FROM changes;
CREATE TABLE messages (
    message_id BIGINT, user_name VARCHAR, seq BIGINT,              -- seq: of the change in the journal
    occasion VARCHAR,                                              -- new_event, updated_event, retracted_event, save or mention
    about VARCHAR, rule_ids BIGINT[], urgent BOOLEAN, acl INTEGER, known_at TIMESTAMP);
CREATE TABLE message_reads (message_id BIGINT, user_name VARCHAR, acl INTEGER, known_at TIMESTAMP);
CREATE TABLE deliveries (
    delivery_id BIGINT, message_id BIGINT, channel_id BIGINT,
    key VARCHAR,                                                   -- the same at each try
    acl INTEGER, known_at TIMESTAMP);
CREATE TABLE delivery_states (
    delivery_state_id BIGINT, delivery_id BIGINT,
    state VARCHAR,                                                 -- queued, sending, sent, failed or withdrawn
    attempts INTEGER, next_at TIMESTAMP,                           -- when it may be claimed (again)
    detail VARCHAR, unsure BOOLEAN,                                -- whether a try may have arrived of which nothing was heard
    acl INTEGER, known_at TIMESTAMP);
