-- Events of the sky, and the notices that tell of them. An event is a fact with versions: each notice that adds to it ends
-- the version before. dateobs is the time rounded to a second, by which an event is called. Times in UTC; FAR in Hz.

CREATE TABLE events (
    event_id BIGINT, version INTEGER, dateobs TIMESTAMP, trigger_time TIMESTAMP,
    role VARCHAR,                                                  -- observation, mock, test or utility
    missions VARCHAR[], aliases VARCHAR[], tags VARCHAR[],
    properties VARCHAR, far DOUBLE,                                -- by name, as JSON; false-alarm rate, Hz
    retracted BOOLEAN, n_notices INTEGER, newest_notice_at TIMESTAMP,
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

-- Notices as they came, also those that were ignored or refused (event_id is null then); the bytes, packed by zlib, lie in a
-- pack. localizations tells of those that came with it, as JSON; map_links are addresses of maps that lie elsewhere.
CREATE TABLE event_notices (
    event_notice_id BIGINT, event_id BIGINT, dateobs TIMESTAMP, action VARCHAR, reason VARCHAR,
    notice_type VARCHAR, role VARCHAR, mission VARCHAR, form VARCHAR, identifier VARCHAR,
    issued_at TIMESTAMP, trigger_time TIMESTAMP, aliases VARCHAR[], tags VARCHAR[], properties VARCHAR,
    ra DOUBLE, dec DOUBLE, localizations VARCHAR, map_links VARCHAR[], retraction BOOLEAN,
    file VARCHAR, checksum VARCHAR, author VARCHAR,                -- SHA-256
    pack VARCHAR, notice_at BIGINT, notice_size INTEGER,
    acl INTEGER, known_at TIMESTAMP);

-- Each notice that comes is looked for by its content and by its name.
CREATE INDEX event_notices_checksum ON event_notices (checksum);
CREATE INDEX event_notices_identifier ON event_notices (identifier);
