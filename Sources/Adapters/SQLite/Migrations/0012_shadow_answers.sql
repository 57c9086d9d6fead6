-- What models said that ran beside the ones that answered. Append-only, as market_regimes: of each
-- as_of the latest revision counts. Which ran when is in the series' specification.

-- confidence: the probability of regime. is_turn: they begin or cease to disagree here.
CREATE TABLE shadow_answers (
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    regime TEXT NOT NULL,
    confidence ANY NOT NULL,
    published_regime TEXT NOT NULL,
    published_version TEXT NOT NULL,
    is_turn INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (market, timeframe, as_of, revision)
) STRICT, WITHOUT ROWID;
