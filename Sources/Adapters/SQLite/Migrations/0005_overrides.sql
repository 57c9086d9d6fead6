-- Overrides: what persons ordered to be published in place of the filter's answers.

-- Who ordered which regime, why, and from when until when; previous_regime is what was published
-- before. sequence and override_id are those of the change that announced its start. ended_at and
-- end_reason are set once, NULL until then; of a series one override at the most stands.
CREATE TABLE regime_overrides (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    override_id TEXT NOT NULL UNIQUE,
    regime TEXT NOT NULL,
    previous_regime TEXT NOT NULL,
    user_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > made_at),
    recorded_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT CHECK (end_reason IN ('expired', 'replaced')),
    PRIMARY KEY (market, timeframe, sequence),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX regime_overrides_standing
    ON regime_overrides (market, timeframe) WHERE ended_at IS NULL;

-- Changes by overrides lie beside those by bars: their trigger and model_version are 'override',
-- their revisions count them per as_of, and they rest on no assessment, so that none is referenced.
CREATE TABLE regime_changes_anew (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
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
    PRIMARY KEY (market, timeframe, as_of, revision, model_version),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT, WITHOUT ROWID;

INSERT INTO regime_changes_anew (market, timeframe, as_of, revision, event_id, model_version,
    previous_regime, regime, probabilities, trigger, reasoning, sequence, previous_event_id,
    supersedes, recorded_at, announced_at)
SELECT market, timeframe, as_of, revision, event_id, model_version,
    previous_regime, regime, probabilities, trigger, reasoning, sequence, previous_event_id,
    supersedes, recorded_at, announced_at
FROM regime_changes;

DROP TABLE regime_changes;

ALTER TABLE regime_changes_anew RENAME TO regime_changes;

CREATE UNIQUE INDEX regime_changes_by_sequence
    ON regime_changes (market, timeframe, sequence) WHERE sequence IS NOT NULL;
