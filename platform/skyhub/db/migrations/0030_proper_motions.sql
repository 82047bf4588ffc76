-- How the entries of reference catalogues move: without it stars of the finding charts are arcseconds off.

ALTER TABLE reference_entries ADD COLUMN pm_ra DOUBLE;              -- with cos(dec), mas / yr
ALTER TABLE reference_entries ADD COLUMN pm_dec DOUBLE;             -- mas / yr
ALTER TABLE reference_entries ADD COLUMN epoch DOUBLE;              -- of the position, Julian year
