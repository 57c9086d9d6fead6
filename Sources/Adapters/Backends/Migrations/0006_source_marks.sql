-- Which source was written to its end, and how many times the series had been written then: with
-- the same source and the same count, a backfill of many series passes this one over.
ALTER TABLE series ADD COLUMN source_digest text;
ALTER TABLE series ADD COLUMN source_writes bigint;
