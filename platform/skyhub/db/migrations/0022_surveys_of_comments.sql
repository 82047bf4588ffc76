-- Two surveys may have alerts of one number: a comment on an alert says of which survey it is.

CREATE TABLE comments_next (
    comment_id BIGINT,
    object_id VARCHAR,
    about_table VARCHAR,
    about_id BIGINT,
    about_survey VARCHAR,
    text VARCHAR,
    attachments BIGINT[],
    reply_to BIGINT,
    origin VARCHAR,
    mentions VARCHAR[],
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
INSERT INTO comments_next BY NAME
    SELECT c.*, a.survey AS about_survey FROM comments AS c LEFT JOIN
        (SELECT DISTINCT 'alerts' AS about_table, candid AS about_id, object_id, survey FROM alerts) AS a
        USING (about_table, about_id, object_id);
DROP TABLE comments;
ALTER TABLE comments_next RENAME TO comments;
