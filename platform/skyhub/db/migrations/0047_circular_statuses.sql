-- What people say of published circulars: that one is about an event or not, or that its authors took it back (of no event).
CREATE TABLE circular_statuses (
    circular_status_id BIGINT,
    number INTEGER,
    event_id BIGINT,
    status VARCHAR,
    reason VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

-- The published circular from which it is known what an object is held for.
ALTER TABLE counterparts ADD COLUMN circular INTEGER;
