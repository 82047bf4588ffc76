-- Reports read at one moment, so that they can be run again: as_of is the moment that was asked for (null: when a worker takes
-- the run), verifies the run that is compared. A state tells at what moment was read, and the SHA-256 of facts and text.

ALTER TABLE report_runs ADD COLUMN as_of TIMESTAMP;
ALTER TABLE report_runs ADD COLUMN verifies VARCHAR;
ALTER TABLE report_states ADD COLUMN reads_at TIMESTAMP;
ALTER TABLE report_states ADD COLUMN content_sha256 VARCHAR;
