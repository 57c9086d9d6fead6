-- Of each as_of the latest revision counts, as in every answer. Where TimescaleDB has put its
-- continuous aggregate in the view's place, that one stays: the days it keeps may be gone from
-- the table.
DO $$
BEGIN
    IF pg_get_viewdef('regime_days'::regclass) NOT LIKE '%_timescaledb_internal%' THEN
        CREATE OR REPLACE VIEW regime_days AS
        SELECT date_trunc('day', as_of, 'UTC') AS day, market, timeframe, regime,
            count(*) AS assessments,
            avg((probabilities ->> regime)::double precision) AS mean_confidence
        FROM (
            SELECT DISTINCT ON (market, timeframe, as_of)
                market, timeframe, as_of, regime, probabilities
            FROM market_regimes
            ORDER BY market, timeframe, as_of, revision DESC
        ) AS latest
        GROUP BY 1, 2, 3, 4;
    END IF;
END
$$;
