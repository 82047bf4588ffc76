-- Catalogues (kinds of records) and their entries. An entry is named once in its catalogue; other values under its name
-- are a new version. hpx is the order-29 NESTED index (ICRS, deg).

CREATE TABLE galaxy_catalogs (
    galaxy_catalog_id BIGINT, name VARCHAR, release VARCHAR, reference VARCHAR, description VARCHAR,
    version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE galaxies (
    galaxy_id BIGINT, version INTEGER, catalog VARCHAR, name VARCHAR, ra DOUBLE, dec DOUBLE, hpx BIGINT,
    distance DOUBLE, distance_error DOUBLE,                        -- luminosity distance, Mpc
    redshift DOUBLE, redshift_error DOUBLE,
    mag_b FLOAT, mag_g FLOAT, mag_r FLOAT, mag_i FLOAT, mag_k FLOAT,   -- as the catalogue gives them
    log_mass FLOAT, sfr FLOAT,                                     -- log10 solar masses; solar masses a year
    major_diameter FLOAT, axis_ratio FLOAT, position_angle FLOAT,  -- arcmin; deg from north to east
    other_name VARCHAR, author VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE spatial_catalogs (
    spatial_catalog_id BIGINT, name VARCHAR, release VARCHAR, reference VARCHAR, description VARCHAR,
    version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE spatial_entries (
    spatial_entry_id BIGINT, version INTEGER, catalog VARCHAR, name VARCHAR, ra DOUBLE, dec DOUBLE, hpx BIGINT,
    amaj DOUBLE, amin DOUBLE, phi DOUBLE,                          -- semi-axes and position angle of the longer, deg
    data VARCHAR,                                                  -- what else the catalogue says, as JSON
    author VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
