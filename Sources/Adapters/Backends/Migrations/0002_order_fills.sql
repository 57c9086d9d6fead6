-- Reports of executions, per user. Everything is append-only but what a comment says.

-- last_fill: the sequence of the user's last report, 0 before the first; updated. Its row lock is
-- what transactions of one user queue up for.
CREATE TABLE users (
    user_id text COLLATE "C" NOT NULL PRIMARY KEY,
    last_fill bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL
);

-- Every id that was ever used: a hypertable's own keys hold its time, and could not keep an id
-- unique. replaced_by: the correction or bust of that report; set once.
CREATE TABLE order_fill_ids (
    fill_id text COLLATE "C" NOT NULL PRIMARY KEY,
    timestamp timestamptz NOT NULL,
    replaced_by text COLLATE "C"
);

-- regime …: what was known at the instant; NULL when nothing was.
CREATE TABLE order_fills (
    user_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    fill_id text COLLATE "C" NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    ref_fill_id text,
    order_id text NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    filled_qty numeric NOT NULL,
    filled_price numeric NOT NULL,
    commission numeric NOT NULL,
    currency text NOT NULL,
    timestamp timestamptz NOT NULL,
    regime text,
    regime_market text,
    regime_timeframe text,
    regime_as_of timestamptz,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, sequence, timestamp)
);

CREATE INDEX order_fills_by_id ON order_fills (fill_id, timestamp);
