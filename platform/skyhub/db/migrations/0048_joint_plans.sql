-- Plans of several telescopes that were made together have the same word.
ALTER TABLE plans ADD COLUMN together VARCHAR;
