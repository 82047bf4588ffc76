-- Allocations of observing time (their secrets are encrypted in `sealed`), and shifts.

CREATE TABLE allocations (
    allocation_id BIGINT,
    title VARCHAR,
    pi VARCHAR,
    proposal_id VARCHAR,
    instrument VARCHAR,
    validity_ranges VARCHAR,
    hours_allocated DOUBLE,
    types VARCHAR[],
    admins VARCHAR[],
    default_share_groups VARCHAR[],
    secrets VARCHAR,
    secret_names VARCHAR[],
    sealed VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE shifts (
    shift_id BIGINT,
    name VARCHAR,
    description VARCHAR,
    start_date TIMESTAMP,
    end_date TIMESTAMP,
    required_users BIGINT,
    admins VARCHAR[],
    members VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
