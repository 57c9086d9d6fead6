-- Overrides: what persons ordered to be published in place of the filter's answers.

-- Who ordered which regime, why, and from when until when; previous_regime is what was published
-- before. sequence and override_id are those of the change that announced its start. ended_at and
-- end_reason are set once, NULL until then; of a series one override at the most stands.
CREATE TABLE regime_overrides (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    override_id text COLLATE "C" NOT NULL UNIQUE,
    regime text NOT NULL,
    previous_regime text NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    as_of timestamptz NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    recorded_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('expired', 'replaced')),
    PRIMARY KEY (market, timeframe, sequence),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE UNIQUE INDEX regime_overrides_standing
    ON regime_overrides (market, timeframe) WHERE ended_at IS NULL;

-- Changes by overrides lie beside those by bars: their trigger and model_version are 'override',
-- and their revisions count them per as_of.
ALTER TABLE regime_changes DROP CONSTRAINT regime_changes_pkey;

ALTER TABLE regime_changes
    ADD PRIMARY KEY (market, timeframe, as_of, revision, model_version);
