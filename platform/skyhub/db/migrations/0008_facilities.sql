-- Telescopes, instruments, detectors (kinds of records), the fields of surveys, and which data of our own were loaded.

CREATE TABLE telescopes (
    telescope_id BIGINT, latitude DOUBLE, longitude DOUBLE, elevation DOUBLE, fixed_location BOOLEAN,
    name VARCHAR, nickname VARCHAR, aliases VARCHAR[], diameter DOUBLE, robotic BOOLEAN, timezone VARCHAR,
    mpc_code VARCHAR, minimum_altitude DOUBLE, horizon VARCHAR, website VARCHAR, weather_link VARCHAR,
    skycam_link VARCHAR, version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE instruments (
    instrument_id BIGINT, name VARCHAR, telescope VARCHAR, aliases VARCHAR[], type VARCHAR, band VARCHAR,
    filters VARCHAR[], sensitivity VARCHAR, configuration VARCHAR, footprint VARCHAR, gaps VARCHAR,
    treasuremap_id BIGINT, tns_id BIGINT, status VARCHAR, field_of_view DOUBLE, version INTEGER,
    author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE detectors (
    detector_id BIGINT, latitude DOUBLE, longitude DOUBLE, elevation DOUBLE, fixed_location BOOLEAN,
    name VARCHAR, nickname VARCHAR, aliases VARCHAR[], type VARCHAR, status VARCHAR, version INTEGER,
    author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE detector_intervals (
    detector_interval_id BIGINT, detector VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, run VARCHAR,
    version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP,
    known_until TIMESTAMP);

CREATE TABLE detector_spectra (
    detector_spectrum_id BIGINT, detector VARCHAR, label VARCHAR, frequency DOUBLE[], amplitude DOUBLE[],
    start_time TIMESTAMP, end_time TIMESTAMP, version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER,
    known_at TIMESTAMP, known_until TIMESTAMP);

-- One row per field and version of a survey's grid; hpx is the order-29 NESTED index of the centre (ICRS, deg);
-- reference_limits (AB mag, NaN where unknown) belong to reference_filters.
CREATE TABLE instrument_fields (
    instrument_field_id BIGINT, version INTEGER, instrument_id BIGINT, instrument VARCHAR, field_id BIGINT,
    name VARCHAR, ra DOUBLE, dec DOUBLE, hpx BIGINT, reference_filters VARCHAR[], reference_limits DOUBLE[],
    author VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE shipped_data (name VARCHAR, checksum VARCHAR, known_at TIMESTAMP);
