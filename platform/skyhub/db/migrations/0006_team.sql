-- Groups have settings, which are corrected by new versions. Who is a member is the hub's knowledge; where there is no
-- hub, the newest row of user_groups about a user and a group says it.

ALTER TABLE groups RENAME TO groups_before;
CREATE TABLE groups (
    group_id INTEGER, version INTEGER, name VARCHAR, nickname VARCHAR, description VARCHAR,
    private BOOLEAN,                                               -- unknown to those who are not in it
    admins VARCHAR[],                                              -- members who look after it
    savers VARCHAR[],                                              -- members who may save for it; null: all of them
    stream_ids INTEGER[],                                          -- what its members are entitled to
    created_by VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
INSERT INTO groups BY NAME
    SELECT group_id, 1 AS version, name, description, starts_with(name, '~') AS private, []::VARCHAR[] AS admins,
        coalesce((SELECT list(stream_id ORDER BY stream_id) FROM group_streams AS s WHERE s.group_id = g.group_id), [])
            AS stream_ids,
        CASE WHEN starts_with(name, '~')
            THEN coalesce((SELECT min(acl) FROM acls AS a WHERE a.group_ids = [g.group_id] AND a.stream_ids = []), 0)
            ELSE 0 END AS acl,
        known_at
    FROM groups_before AS g;
DROP TABLE groups_before;
DROP TABLE group_streams;

ALTER TABLE user_groups ADD COLUMN present BOOLEAN DEFAULT true;
ALTER TABLE users ADD COLUMN role VARCHAR DEFAULT 'scanner';

CREATE TABLE tokens (
    token_id BIGINT, version INTEGER, name VARCHAR, owner VARCHAR,
    digest VARCHAR,                                                -- SHA-256 of the token, which is not kept
    scopes VARCHAR[], groups VARCHAR[],                            -- groups null: all of the owner's
    owner_groups VARCHAR[], owner_streams VARCHAR[],               -- as they were when it was made
    expires_at TIMESTAMP, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
CREATE TABLE token_uses (token_id BIGINT, acl INTEGER, known_at TIMESTAMP);
