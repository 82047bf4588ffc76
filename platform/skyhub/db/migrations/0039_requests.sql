-- Requests for observations. Nothing of a request is sent before a person submits it; then its states are appended, the newest
-- is in force and says what a worker is to do next. Transactions are what was said with the telescope, without secrets.

CREATE TABLE requests (
    request_id BIGINT,
    allocation_id BIGINT,
    object_id VARCHAR,
    plan_id BIGINT,
    target VARCHAR,
    ra DOUBLE,
    dec DOUBLE,
    payload VARCHAR,
    comment VARCHAR,
    instrument VARCHAR,
    plan_digest VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE request_states (
    request_state_id BIGINT, request_id BIGINT,
    version INTEGER,                                               -- of the request, as it was submitted
    user_name VARCHAR,                                             -- who submitted it
    key VARCHAR,                                                   -- the same at each try, and of no other request
    state VARCHAR,       -- queued, submitted, completed, expired, cancelled, ended, rejected, failed or withdrawn
    action VARCHAR,      -- what a worker is to do next: submit, update, cancel, status, retrieve, or nothing
    running BOOLEAN, attempts INTEGER, next_at TIMESTAMP,          -- running until next_at; else to be done from then on
    unsure BOOLEAN,                                                -- whether a try may have arrived of which nothing was heard
    remote_id VARCHAR, detail VARCHAR, acl INTEGER, known_at TIMESTAMP);
CREATE TABLE request_transactions (
    request_transaction_id BIGINT, request_id BIGINT, action VARCHAR,
    method VARCHAR, url VARCHAR, sent VARCHAR,
    status INTEGER,                                                -- null: there was no answer
    received VARCHAR, seconds DOUBLE, acl INTEGER, known_at TIMESTAMP);
