-- Tables that users keep: this says what there is; the rows are in immutable Parquet files of the data directory, one for
-- each version. A name is one of its owner's; `file` names no longer existing files where room was needed.

CREATE TABLE user_tables (
    user_table_id BIGINT, name VARCHAR, owner VARCHAR, description VARCHAR,
    n_rows BIGINT, n_bytes BIGINT,                                 -- rows; size of the file in bytes
    columns VARCHAR,                                               -- JSON: name, type and unit of each
    file VARCHAR,
    version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
