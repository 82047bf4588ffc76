-- Pointings that were shared with the Treasure Map: what was said, by whom, and the number (pointing_id) that it was given.

CREATE TABLE treasuremap_pointings (
    treasuremap_pointing_id BIGINT, version INTEGER, pointing_id BIGINT, graceid VARCHAR, localization_id BIGINT,
    allocation_id BIGINT, instrument VARCHAR, status VARCHAR, ra DOUBLE, dec DOUBLE, mjd DOUBLE, band VARCHAR,
    depth DOUBLE, observation_id BIGINT, plan_id BIGINT, doi_url VARCHAR, author VARCHAR, acl INTEGER,
    known_at TIMESTAMP, known_until TIMESTAMP);
