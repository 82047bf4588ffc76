-- Selections of candidates that scanners come back to.

CREATE TABLE scan_profiles (
    scan_profile_id BIGINT,
    name VARCHAR,
    selection VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
