-- Streams that ask for what is new keep their positions here; administrators may pause a stream or have it try again.
CREATE TABLE intake_positions (
    intake_position_id BIGINT, stream_name VARCHAR, position VARCHAR,                           -- in the feed's own words
    known_at TIMESTAMP);

CREATE TABLE intake_orders (
    intake_order_id BIGINT, stream_name VARCHAR, wanted VARCHAR,                                 -- pause, resume or retry
    user_name VARCHAR, known_at TIMESTAMP);

ALTER TABLE intake_states ADD COLUMN seconds DOUBLE;               -- how long the other side's last answer took
ALTER TABLE intake_states ADD COLUMN next_try_at TIMESTAMP;
