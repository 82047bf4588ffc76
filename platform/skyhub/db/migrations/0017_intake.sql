-- What incoming streams are and were: a row when a stream's state changes, and now and then while its counts do.
CREATE TABLE intake_states (
    intake_state_id BIGINT, stream_name VARCHAR, kind VARCHAR, state VARCHAR, reason VARCHAR,   -- running, waiting or down
    since TIMESTAMP, last_packet_at TIMESTAMP, n_read BIGINT, n_stored BIGINT, n_duplicates BIGINT, n_refused BIGINT,
    rate DOUBLE, lag BIGINT,                                       -- packets/s; messages that wait
    known_at TIMESTAMP);

-- The quarantine: messages of which at least one record was refused, with their bytes. For administrators alone.
CREATE TABLE refused_messages (
    refused_message_id BIGINT, stream_name VARCHAR, place VARCHAR, checksum VARCHAR,            -- SHA-256
    reason VARCHAR, n_records INTEGER, pack VARCHAR, message_at BIGINT, message_size INTEGER,
    known_at TIMESTAMP);
