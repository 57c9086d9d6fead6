-- What people are told, and how it reaches them.
--
-- Rows are append-only but what a comment says.

-- Events whose effect on people is done: what comes again does nothing.
CREATE TABLE consumer_effects (
    consumer text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, event_id)
);

-- How far the log was taken: the offset of the last event of a partition whose effect is done, or
-- that was set aside. All before it are. Rows are updated.
CREATE TABLE consumer_positions (
    consumer text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition bigint NOT NULL,
    taken_offset bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);

-- Each event once, for all who are told of it. market … sequence: of a change. Removed when nobody
-- is told of it any more.
CREATE TABLE notices (
    event_id text COLLATE "C" NOT NULL PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    event text NOT NULL,
    market text COLLATE "C",
    timeframe text COLLATE "C",
    sequence bigint,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX notices_by_age ON notices (recorded_at);
CREATE INDEX notices_of_series ON notices (market, timeframe, sequence);

-- Who is told; '' is everybody who gives no name. preferences: a JSON object of what is not as
-- usual, NULL for who is not told yet. told … expired: how many. These columns are updated.
ALTER TABLE users ADD COLUMN preferences text;
ALTER TABLE users ADD COLUMN told bigint NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN acknowledged bigint NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN expired bigint NOT NULL DEFAULT 0;

INSERT INTO users (user_id, recorded_at, preferences) VALUES ('', to_timestamp(0), '{}');

-- What one person is or will be told of one event, in the order in which it came. previous_regime:
-- what they believed, where the event says otherwise. since: when the first came of what this
-- stands for. late: whether a later change of the series came before. position and told_at are set once, when they are told; taken_back once, when they
-- never will be; acknowledged_at once. Old rows are removed. Whatever writes a row knows the person
-- and the notice, so foreign keys would only check that again, thousands of times.
CREATE TABLE notifications (
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    previous_regime text,
    since timestamptz NOT NULL,
    due timestamptz NOT NULL,
    late boolean NOT NULL DEFAULT false,
    taken_back boolean NOT NULL DEFAULT false,
    position bigint UNIQUE CHECK (position >= 1),
    told_at timestamptz,
    acknowledged_at timestamptz,
    UNIQUE (user_id, event_id),
    CHECK ((position IS NULL) = (told_at IS NULL)),
    CHECK (position IS NULL OR NOT taken_back)
);

CREATE INDEX notifications_inbox ON notifications (user_id, position)
    WHERE position IS NOT NULL;
CREATE INDEX notifications_held ON notifications (due)
    WHERE position IS NULL AND NOT taken_back;
CREATE INDEX notifications_taken_back ON notifications (due) WHERE taken_back;
CREATE INDEX notifications_of_event ON notifications (event_id);

-- The last position, and the one through which everything was removed. Whoever tells or removes
-- anything holds the row of the first until the commit.
INSERT INTO positions (name, last) VALUES ('notifications', 0), ('notifications removed', 0);

-- kinds: their names, with spaces between; empty for all. secrets: hexadecimal, newest first, with
-- spaces between, of one that ends @ and when in nanoseconds. failures: deliveries given up in a
-- row. Rows are updated and deleted.
CREATE TABLE webhooks (
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id text COLLATE "C" NOT NULL UNIQUE,
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    url text NOT NULL,
    format text NOT NULL,
    kinds text COLLATE "C" NOT NULL,
    secrets text NOT NULL,
    enabled boolean NOT NULL,
    problem text,
    failures bigint NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX webhooks_of_users ON webhooks (user_id, number);

-- What is on its way. batch: the last position of those that go together, set when they are first
-- taken. owner, owned_until: who is delivering it. Rows are updated, and deleted when they have
-- arrived or are given up.
CREATE TABLE webhook_deliveries (
    webhook_id text COLLATE "C" NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
    position bigint NOT NULL,
    due timestamptz NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    batch bigint,
    owner text,
    owned_until timestamptz,
    PRIMARY KEY (webhook_id, position),
    CHECK ((owner IS NULL) = (owned_until IS NULL))
);
