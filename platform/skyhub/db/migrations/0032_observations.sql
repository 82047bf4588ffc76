-- Exposures that were executed, as the logs of telescopes tell of them. hpx is the order-29 NESTED index of where the
-- telescope pointed (ICRS, deg); mjd is the begin (UTC); limiting_magnitude is AB at 5 sigma.

CREATE TABLE observations (
    observation_id BIGINT, version INTEGER, instrument VARCHAR, exposure_id VARCHAR, field_id BIGINT,
    ra DOUBLE, dec DOUBLE, hpx BIGINT, position_angle DOUBLE, mjd DOUBLE, filter VARCHAR,
    exposure_s DOUBLE, seeing DOUBLE, limiting_magnitude DOUBLE, airmass DOUBLE, processed_fraction DOUBLE,
    target_name VARCHAR, origin VARCHAR, author VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
