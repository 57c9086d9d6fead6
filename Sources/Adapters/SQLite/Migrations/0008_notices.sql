-- What people are told, and how it reaches them.
--
-- Rows are append-only but what a comment says.

-- Events whose effect on people is done: what comes again does nothing.
CREATE TABLE consumer_effects (
    consumer TEXT NOT NULL,
    event_id TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) STRICT, WITHOUT ROWID;

-- How far the log was taken: the offset of the last event of a partition whose effect is done, or
-- that was set aside. All before it are. Rows are updated.
CREATE TABLE consumer_positions (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    taken_offset INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
) STRICT, WITHOUT ROWID;

-- Each event once, for all who are told of it. market … sequence: of a change. Removed when nobody
-- is told of it any more.
CREATE TABLE notices (
    event_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    market TEXT,
    timeframe TEXT,
    sequence INTEGER,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX notices_by_age ON notices (recorded_at);
CREATE INDEX notices_of_series ON notices (market, timeframe, sequence);

-- Who is told; '' is everybody who gives no name. preferences: a JSON object of what is not as
-- usual, NULL for who is not told yet. told … expired: how many. These columns are updated.
ALTER TABLE users ADD COLUMN preferences TEXT;
ALTER TABLE users ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;

INSERT INTO users (user_id, recorded_at, preferences) VALUES ('', 0, '{}');

-- What one person is or will be told of one event, in the order in which it came. previous_regime:
-- what they believed, where the event says otherwise. since: when the first came of what this
-- stands for. late: whether a later change of the series came before. position and told_at are set once, when they are told; taken_back once, when they
-- never will be; acknowledged_at once. Old rows are removed.
CREATE TABLE notifications (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    event_id TEXT NOT NULL REFERENCES notices (event_id),
    previous_regime TEXT,
    since INTEGER NOT NULL,
    due INTEGER NOT NULL,
    late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    taken_back INTEGER NOT NULL DEFAULT 0 CHECK (taken_back IN (0, 1)),
    position INTEGER UNIQUE CHECK (position >= 1),
    told_at INTEGER,
    acknowledged_at INTEGER,
    UNIQUE (user_id, event_id),
    CHECK ((position IS NULL) = (told_at IS NULL)),
    CHECK (position IS NULL OR taken_back = 0)
) STRICT;

CREATE INDEX notifications_inbox ON notifications (user_id, position)
    WHERE position IS NOT NULL;
CREATE INDEX notifications_held ON notifications (due)
    WHERE position IS NULL AND taken_back = 0;
CREATE INDEX notifications_taken_back ON notifications (due) WHERE taken_back = 1;
CREATE INDEX notifications_of_event ON notifications (event_id);

-- One row: the position through which everything was removed, and the last one; updated.
CREATE TABLE notification_span (
    removed_through INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;

INSERT INTO notification_span (removed_through, last) VALUES (0, 0);

-- kinds: their names, with spaces between; empty for all. secrets: hexadecimal, newest first, with
-- spaces between, of one that ends @ and when in nanoseconds. failures: deliveries given up in a
-- row. Rows are updated and deleted.
CREATE TABLE webhooks (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    url TEXT NOT NULL,
    format TEXT NOT NULL,
    kinds TEXT NOT NULL,
    secrets TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    problem TEXT,
    failures INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_of_users ON webhooks (user_id, number);

-- What is on its way. batch: the last position of those that go together, set when they are first
-- taken. owner, owned_until: who is delivering it. Rows are updated, and deleted when they have
-- arrived or are given up.
CREATE TABLE webhook_deliveries (
    webhook_id TEXT NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    batch INTEGER,
    owner TEXT,
    owned_until INTEGER,
    PRIMARY KEY (webhook_id, position),
    CHECK ((owner IS NULL) = (owned_until IS NULL))
) STRICT, WITHOUT ROWID;
