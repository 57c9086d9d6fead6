-- The view of daily regimes as a continuous aggregate, under TimescaleDB's own licence. Not safe
-- to run again: it takes the plain view's place. An aggregate cannot choose among rows: unlike the
-- view, it counts every revision of an answer. Which days are brought up to date is set anew
-- together with retention.
DROP VIEW regime_days;
CREATE MATERIALIZED VIEW regime_days WITH (timescaledb.continuous) AS
SELECT time_bucket(INTERVAL '1 day', as_of) AS day, market, timeframe, regime,
    count(*) AS assessments,
    avg(coalesce(calibrated_confidence, (probabilities ->> regime)::double precision))
        AS mean_confidence
FROM market_regimes
GROUP BY 1, 2, 3, 4
WITH NO DATA;
SELECT add_continuous_aggregate_policy('regime_days', start_offset => NULL,
    end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour',
    if_not_exists => true);
