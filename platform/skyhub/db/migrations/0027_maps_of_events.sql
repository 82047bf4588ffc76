-- Notices know which localizations they brought; these know how much the densest 500 deg² hold.

ALTER TABLE event_notices ADD COLUMN localization_ids BIGINT[];

CREATE TABLE localizations_next (
    localization_id BIGINT,
    name VARCHAR,
    dateobs TIMESTAMP,
    digest VARCHAR,
    area_50 DOUBLE,
    area_90 DOUBLE,
    prob_500 DOUBLE,
    prob_sum DOUBLE,
    max_ra DOUBLE,
    max_dec DOUBLE,
    distmean DOUBLE,
    diststd DOUBLE,
    has_distances BOOLEAN,
    n_cells BIGINT,
    instruments VARCHAR,
    creator VARCHAR,
    log_bci DOUBLE,
    log_bsn DOUBLE,
    notes VARCHAR[],
    version INTEGER,
    author VARCHAR,
    edited_by VARCHAR,
    acl INTEGER,
    known_at TIMESTAMP,
    known_until TIMESTAMP);
INSERT INTO localizations_next BY NAME SELECT * FROM localizations;
DROP TABLE localizations;
ALTER TABLE localizations_next RENAME TO localizations;
