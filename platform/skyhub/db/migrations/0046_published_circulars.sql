-- Circulars that others published, as they came: facts for everybody. One that comes again with another text is a new version.
-- names are those of events and transients in the whole text, subject_names those in the subject and what the archive files it
-- under: by them it belongs to events, also to those that come later.

CREATE TABLE published_circulars (
    published_circular_id BIGINT, number INTEGER, version INTEGER,
    subject VARCHAR, body VARCHAR, event VARCHAR, submitter VARCHAR, created_at TIMESTAMP,   -- event: as the archive names it
    names VARCHAR[], subject_names VARCHAR[],
    file VARCHAR, checksum VARCHAR, author VARCHAR,                -- SHA-256 of number, subject and text
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

-- Numbers that were read in them, each with its sentence. Positions in degrees, in the frame that the text says; magnitudes in
-- the filter and system of their authors.
CREATE TABLE circular_readings (
    circular_reading_id BIGINT, published_circular_id BIGINT, number INTEGER, version INTEGER,
    kind VARCHAR,                                                  -- position, redshift or magnitude
    ra DOUBLE, dec DOUBLE, redshift DOUBLE, relation VARCHAR,
    filter VARCHAR, mag DOUBLE, magerr DOUBLE, is_limit BOOLEAN,
    line INTEGER, sentence VARCHAR,
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

-- Magnitudes that somebody took over as points of an object (at mjd, in a filter), with the circular as their origin.
CREATE TABLE confirmed_readings (
    confirmed_reading_id BIGINT, circular_reading_id BIGINT, number INTEGER,
    object_id VARCHAR, mjd DOUBLE, filter VARCHAR, user_name VARCHAR,
    acl INTEGER, known_at TIMESTAMP);
