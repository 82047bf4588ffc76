-- Known objects that alerts are compared with: catalogues (kinds of records) and their entries, as galaxies are kept.

CREATE TABLE reference_catalogs (
    reference_catalog_id BIGINT, name VARCHAR, release VARCHAR, reference VARCHAR, description VARCHAR,
    kind VARCHAR,                                                  -- tns, star, agn or variable
    version INTEGER, author VARCHAR, edited_by VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

CREATE TABLE reference_entries (
    reference_entry_id BIGINT, version INTEGER, catalog VARCHAR, name VARCHAR, ra DOUBLE, dec DOUBLE, hpx BIGINT,
    class VARCHAR, redshift DOUBLE, mag FLOAT,                     -- as the catalogue gives them
    period DOUBLE, discovered_at TIMESTAMP,                        -- days; UTC
    reporter VARCHAR, other_name VARCHAR,
    author VARCHAR, acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);

ALTER TABLE alerts ADD COLUMN sso_mag FLOAT;                       -- predicted magnitude of the known minor planet

-- What lies around an alert. Version 1 is what was found as the alert came, stored with it; later versions are later looks.
-- Separations in arcsec; host_radii in directional light radii; kpc; Mpc; abs_mag without extinction and K correction.
CREATE TABLE alert_context (
    alert_context_id BIGINT, version INTEGER, candid BIGINT, survey VARCHAR, object_id VARCHAR,
    searched VARCHAR[],                                            -- kinds of which there was a catalogue
    tns_name VARCHAR, tns_catalog VARCHAR, tns_class VARCHAR, tns_z DOUBLE, tns_sep FLOAT,
    host_name VARCHAR, host_catalog VARCHAR, host_sep FLOAT, host_radii FLOAT, host_kpc FLOAT, host_z DOUBLE,
    host_distance DOUBLE, abs_mag FLOAT,
    star_name VARCHAR, star_catalog VARCHAR, star_mag FLOAT, star_sep FLOAT,
    agn_name VARCHAR, agn_catalog VARCHAR, agn_class VARCHAR, agn_z DOUBLE, agn_sep FLOAT,
    variable_name VARCHAR, variable_catalog VARCHAR, variable_class VARCHAR, variable_period DOUBLE, variable_sep FLOAT,
    acl INTEGER, known_at TIMESTAMP, known_until TIMESTAMP);
