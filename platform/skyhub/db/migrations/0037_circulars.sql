-- Circulars on their way out. Each edit is a version; a step says what became of which version: reviewed, approved, withdrawn,
-- queued, sending, handed over, failed, unsure, not sent, sent. The digest is the SHA-256 of what the step is about.

CREATE TABLE circulars (
    circular_id BIGINT,
    name VARCHAR,
    event VARCHAR,
    subject VARCHAR,
    body VARCHAR,
    format VARCHAR,
    report_id VARCHAR,
    digest VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE circular_states (
    circular_state_id BIGINT, circular_id BIGINT, version INTEGER, digest VARCHAR,
    step VARCHAR, user_name VARCHAR,                               -- null: the platform
    despite VARCHAR[],                                             -- of an approval: warnings that were known
    way VARCHAR, account_id BIGINT,                                -- form, api or email
    number INTEGER,                                                -- of the circular at GCN
    attempts INTEGER, next_at TIMESTAMP,                           -- when it may be claimed (again)
    unsure BOOLEAN,                                                -- whether a try may have arrived of which nothing was heard
    detail VARCHAR, acl INTEGER, known_at TIMESTAMP);

CREATE TABLE circular_accounts (
    circular_account_id BIGINT,
    name VARCHAR,
    way VARCHAR,
    address VARCHAR,
    client_id VARCHAR,
    client_secret VARCHAR,
    refresh_token VARCHAR,
    sealed VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE circular_authors (
    circular_author_id BIGINT,
    name VARCHAR,
    affiliation VARCHAR,
    position BIGINT,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
