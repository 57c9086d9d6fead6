-- The relay publishes in the order of positions, so one number says what it has done: marking a
-- message does not write it again.
INSERT INTO positions (name, last)
SELECT 'relayed', coalesce(
    (SELECT min(position) - 1 FROM outbox WHERE published_at IS NULL),
    (SELECT last FROM positions WHERE name = 'outbox'));

DROP INDEX outbox_pending;

ALTER TABLE outbox DROP COLUMN published_at;
