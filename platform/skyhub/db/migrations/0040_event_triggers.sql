-- What was decided about an event on an allocation's time: triggered, or passed on.

CREATE TABLE event_triggers (
    event_trigger_id BIGINT,
    event_id BIGINT,
    allocation_id BIGINT,
    decision VARCHAR,
    reason VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
