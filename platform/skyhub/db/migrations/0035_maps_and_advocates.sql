-- Sky maps that lie elsewhere, at addresses that notices name. Each row is a state, the newest is in force; an address
-- without a row waits. A map that was got is a localization of its event from then on.

CREATE TABLE event_maps (
    event_map_id BIGINT, event_notice_id BIGINT, event_id BIGINT, url VARCHAR,
    state VARCHAR,                                                 -- waiting, fetching, got or given_up
    attempts INTEGER, next_at TIMESTAMP,                           -- when it may be asked for (again)
    detail VARCHAR, localization_id BIGINT,
    acl INTEGER, known_at TIMESTAMP);

-- Who looks after an event.
CREATE TABLE advocates (
    advocate_id BIGINT,
    event_id BIGINT,
    user_name VARCHAR,
    note VARCHAR,
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
