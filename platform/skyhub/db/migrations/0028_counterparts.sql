-- What people say of an object as the counterpart of an event.

CREATE TABLE counterparts (
    counterpart_id BIGINT,
    event_id BIGINT,
    object_id VARCHAR,
    status VARCHAR,
    reason VARCHAR,
    notes VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
