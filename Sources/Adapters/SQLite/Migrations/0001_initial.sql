-- The embedded store: series, bars, models, assessments, changes, outbox, event log.
--
-- Instants are INTEGER nanoseconds since 1970-01-01T00:00:00Z. Numbers that may be missing are
-- NULL. They are declared ANY: a REAL column would store -0.0 as the integer 0, and what comes
-- back must have the bits that went in. A table is append-only unless its comment says otherwise.

-- One row per series; the head (last_…) moves with every transaction that writes the series.
CREATE TABLE series (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    calendar TEXT NOT NULL,
    anchor INTEGER NOT NULL,
    specification TEXT NOT NULL,
    last_as_of INTEGER,
    last_regime TEXT NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    last_announced_event_id TEXT,
    last_announced_as_of INTEGER,
    writes INTEGER NOT NULL DEFAULT 0,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (market, timeframe)
) STRICT, WITHOUT ROWID;

-- adopted_at: when assessments were first made from this revision; set once, NULL until then.
CREATE TABLE bars (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    open ANY CHECK (typeof(open) IN ('real', 'null')),
    high ANY CHECK (typeof(high) IN ('real', 'null')),
    low ANY CHECK (typeof(low) IN ('real', 'null')),
    close ANY CHECK (typeof(close) IN ('real', 'null')),
    volume ANY CHECK (typeof(volume) IN ('real', 'null')),
    available_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    adopted_at INTEGER,
    PRIMARY KEY (market, timeframe, timestamp, revision),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT, WITHOUT ROWID;

CREATE TABLE models (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    model_version TEXT NOT NULL,
    fit_key TEXT NOT NULL,
    trained_from INTEGER NOT NULL,
    trained_through INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (market, timeframe, model_version),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT;

CREATE INDEX models_by_version ON models (model_version);

-- Which model answered from when on; of one active_from the highest revision counts.
CREATE TABLE active_models (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    active_from INTEGER NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    model_version TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (market, timeframe, active_from, revision),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT, WITHOUT ROWID;

-- Assessments. Revisions count per as_of across model versions, so this key is narrower than
-- (market, timeframe, as_of, model_version, revision), which is unique with it.
-- probabilities and indicators: JSON objects, shortest decimals that give the same double;
-- a label that is left out has probability 0, an indicator that is missing is null.
CREATE TABLE market_regimes (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    model_version TEXT NOT NULL,
    available_at INTEGER NOT NULL,
    regime TEXT NOT NULL,
    raw_regime TEXT NOT NULL,
    previous_regime TEXT NOT NULL,
    since INTEGER NOT NULL,
    probabilities TEXT NOT NULL,
    confidence_kind TEXT NOT NULL,
    trigger TEXT NOT NULL,
    indicators TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    input_missing INTEGER NOT NULL CHECK (input_missing IN (0, 1)),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (market, timeframe, as_of, revision),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT, WITHOUT ROWID;

-- Changes of the published label; sequence … announced_at are set once, on announcement.
CREATE TABLE regime_changes (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    model_version TEXT NOT NULL,
    previous_regime TEXT NOT NULL,
    regime TEXT NOT NULL,
    probabilities TEXT NOT NULL,
    trigger TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    sequence INTEGER CHECK (sequence >= 1),
    previous_event_id TEXT,
    supersedes TEXT,
    recorded_at INTEGER NOT NULL,
    announced_at INTEGER,
    PRIMARY KEY (market, timeframe, as_of, revision),
    FOREIGN KEY (market, timeframe, as_of, revision)
        REFERENCES market_regimes (market, timeframe, as_of, revision)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX regime_changes_by_sequence
    ON regime_changes (market, timeframe, sequence) WHERE sequence IS NOT NULL;

-- Messages written with their cause; position follows commit order. published_at is set once.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    headers TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    published_at INTEGER
) STRICT;

CREATE INDEX outbox_pending ON outbox (position) WHERE published_at IS NULL;

-- The durable log. Offsets are shared by all topics and follow commit order.
CREATE TABLE events (
    "offset" INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    headers TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_topic ON events (topic, partition, "offset");

-- Per consumer group: the last offset whose effect is done. Rows are updated.
CREATE TABLE consumer_offsets (
    consumer_group TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    committed_offset INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;

-- Who may do what only one may do at a time, until when. Rows are updated and deleted.
CREATE TABLE leases (
    resource TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
