-- The groups for whose saves a rule is had the name of those that a record is shared with, and so did not come out.
ALTER TABLE rules RENAME COLUMN groups TO saved_for;
