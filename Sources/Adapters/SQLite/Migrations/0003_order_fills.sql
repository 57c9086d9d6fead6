-- Reports of executions, per user.
--
-- Quantities and money are TEXT: decimal numbers without trailing zeros, exact. Everything is
-- append-only but what a comment says.

-- last_fill: the sequence of the user's last report, 0 before the first; updated.
CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    last_fill INTEGER NOT NULL DEFAULT 0,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every id that was ever used. replaced_by: the correction or bust of that report; set once.
CREATE TABLE order_fill_ids (
    fill_id TEXT NOT NULL PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    replaced_by TEXT
) STRICT, WITHOUT ROWID;

-- regime …: what was known at the instant; NULL when nothing was.
CREATE TABLE order_fills (
    user_id TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    fill_id TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    ref_fill_id TEXT,
    order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    filled_qty TEXT NOT NULL,
    filled_price TEXT NOT NULL,
    commission TEXT NOT NULL,
    currency TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    regime TEXT,
    regime_market TEXT,
    regime_timeframe TEXT,
    regime_as_of INTEGER,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, sequence),
    FOREIGN KEY (user_id) REFERENCES users (user_id),
    FOREIGN KEY (fill_id) REFERENCES order_fill_ids (fill_id)
) STRICT, WITHOUT ROWID;
