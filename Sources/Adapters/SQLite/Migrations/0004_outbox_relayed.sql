-- The relay publishes in the order of positions, so one number says what it has done: marking a
-- message does not write it again. One row, which is updated.
CREATE TABLE outbox_relayed (
    position INTEGER NOT NULL
) STRICT;

INSERT INTO outbox_relayed (position)
SELECT coalesce(
    (SELECT min(position) - 1 FROM outbox WHERE published_at IS NULL),
    (SELECT max(position) FROM outbox), 0);

DROP INDEX outbox_pending;

ALTER TABLE outbox DROP COLUMN published_at;
