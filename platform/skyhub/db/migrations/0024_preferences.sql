-- What users have chosen for themselves.

CREATE TABLE preferences (
    preference_id BIGINT,
    name VARCHAR,
    value BOOLEAN,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
