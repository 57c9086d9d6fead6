-- The shared store: series, bars, models, assessments, changes, outbox, event log.
--
-- Plain PostgreSQL; what TimescaleDB adds is in hypertables.sql and policies.sql. Instants are
-- whole microseconds. Numbers that may be missing are NULL. JSON is json, not jsonb: what comes
-- back must have the digits that went in. Names are compared byte by byte, as everywhere else.
-- A table is append-only unless its comment says otherwise.

-- One row per series; the head (last_…) moves with every transaction that writes the series, and
-- its row lock is what such transactions queue up for.
CREATE TABLE series (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    calendar text NOT NULL,
    anchor timestamptz NOT NULL,
    specification text NOT NULL,
    last_as_of timestamptz,
    last_regime text NOT NULL,
    last_sequence bigint NOT NULL DEFAULT 0,
    last_announced_event_id text,
    last_announced_as_of timestamptz,
    writes bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (market, timeframe)
);

-- adopted_at: when assessments were first made from this revision; set once, NULL until then.
-- Every writer holds the series' row, so a foreign key would only check again what is known.
CREATE TABLE bars (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    timestamp timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision,
    available_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    adopted_at timestamptz,
    exogenous json,
    PRIMARY KEY (market, timeframe, timestamp, revision)
);

CREATE TABLE models (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    model_version text COLLATE "C" NOT NULL,
    fit_key text NOT NULL,
    trained_from timestamptz NOT NULL,
    trained_through timestamptz NOT NULL,
    manifest text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (market, timeframe, model_version),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
);

CREATE INDEX models_by_version ON models (model_version);

-- Which model answered from when on; of one active_from the highest revision counts.
CREATE TABLE active_models (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    active_from timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    model_version text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (market, timeframe, active_from, revision),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
);

-- Assessments. The key's order serves the reads: the highest revision of an as_of.
-- probabilities and indicators: JSON objects, shortest decimals that give the same double;
-- a label that is left out has probability 0, an indicator that is missing is null.
CREATE TABLE market_regimes (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    model_version text COLLATE "C" NOT NULL,
    available_at timestamptz NOT NULL,
    regime text NOT NULL,
    raw_regime text NOT NULL,
    previous_regime text NOT NULL,
    since timestamptz NOT NULL,
    probabilities json NOT NULL,
    confidence_kind text NOT NULL,
    trigger text NOT NULL,
    indicators json NOT NULL,
    reasoning text NOT NULL,
    input_missing boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (market, timeframe, as_of, revision, model_version)
);

-- Changes of the published label; sequence … announced_at are set once, on announcement.
CREATE TABLE regime_changes (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    revision bigint NOT NULL,
    event_id text NOT NULL UNIQUE,
    model_version text NOT NULL,
    previous_regime text NOT NULL,
    regime text NOT NULL,
    probabilities json NOT NULL,
    trigger text NOT NULL,
    reasoning text NOT NULL,
    sequence bigint CHECK (sequence >= 1),
    previous_event_id text,
    supersedes text,
    recorded_at timestamptz NOT NULL,
    announced_at timestamptz,
    PRIMARY KEY (market, timeframe, as_of, revision)
);

CREATE UNIQUE INDEX regime_changes_by_sequence
    ON regime_changes (market, timeframe, sequence) WHERE sequence IS NOT NULL;

-- Numbers given out in the order of commits: whoever draws one holds its row until it commits, so
-- that no reader sees a number before a smaller one. Rows are updated.
CREATE TABLE positions (
    name text NOT NULL PRIMARY KEY,
    last bigint NOT NULL
);

INSERT INTO positions (name, last) VALUES ('outbox', 0), ('events', 0);

-- Messages written with their cause; position follows commit order. published_at is set once.
CREATE TABLE outbox (
    position bigint NOT NULL PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    topic text NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    headers text NOT NULL,
    recorded_at timestamptz NOT NULL,
    published_at timestamptz
);

CREATE INDEX outbox_pending ON outbox (position) WHERE published_at IS NULL;

-- The durable log. Offsets are shared by all topics and follow commit order.
CREATE TABLE events (
    "offset" bigint NOT NULL PRIMARY KEY,
    topic text NOT NULL,
    partition bigint NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    headers text NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX events_by_topic ON events (topic, partition, "offset");

-- Per consumer group: the last offset whose effect is done. Rows are updated.
CREATE TABLE consumer_offsets (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition bigint NOT NULL,
    committed_offset bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
);

-- Who may do what only one may do at a time, until when. Rows are updated and deleted.
CREATE TABLE leases (
    resource text NOT NULL PRIMARY KEY,
    owner text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The regimes of a day, for people and dashboards: how often each was published, and how sure.
-- With TimescaleDB a continuous aggregate of the same columns takes this view's place.
CREATE VIEW regime_days AS
SELECT date_trunc('day', as_of, 'UTC') AS day, market, timeframe, regime,
    count(*) AS assessments,
    avg((probabilities ->> regime)::double precision) AS mean_confidence
FROM market_regimes
GROUP BY 1, 2, 3, 4;
