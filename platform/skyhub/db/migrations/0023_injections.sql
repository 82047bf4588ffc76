-- Known objects are offered to the scanners of a group again. While this is open, the scanners see none of the decisions on
-- these objects from before, and what they decide is kept apart: rows that belong to an injection are theirs alone.

CREATE TABLE injections (
    injection_id BIGINT, version INTEGER, name VARCHAR, group_id INTEGER,
    dayobs DATE,                                                   -- the night whose queue offers the objects
    object_ids VARCHAR[],
    scanners VARCHAR[],                                            -- who was in the group, without the author
    open BOOLEAN, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

ALTER TABLE decisions ADD COLUMN injection_id BIGINT;
ALTER TABLE sources ADD COLUMN injection_id BIGINT;
ALTER TABLE changes ADD COLUMN injection_id BIGINT;
