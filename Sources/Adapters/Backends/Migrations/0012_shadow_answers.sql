-- What models said that ran beside the ones that answered. Append-only, as market_regimes: of each
-- as_of the latest revision counts. Which ran when is in the series' specification.

-- confidence: the probability of regime. is_turn: they begin or cease to disagree here.
CREATE TABLE shadow_answers (
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    revision bigint NOT NULL,
    available_at timestamptz NOT NULL,
    model text NOT NULL,
    model_version text NOT NULL,
    regime text NOT NULL,
    confidence double precision NOT NULL,
    published_regime text NOT NULL,
    published_version text NOT NULL,
    is_turn boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (market, timeframe, as_of, revision)
);
