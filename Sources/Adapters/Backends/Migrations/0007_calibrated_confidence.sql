-- Confidence learnt from what came of earlier labels.

-- calibrated_confidence: the probability that the label still holds some bars later; NULL where no
-- calibration answered, and then the confidence is the label's probability, of which
-- confidence_kind goes on telling what kind of number it is. Without a check and a default:
-- compressed chunks take such a column as it is.
ALTER TABLE market_regimes ADD COLUMN calibrated_confidence double precision;

ALTER TABLE regime_changes ADD COLUMN calibrated_confidence double precision;

-- The mean confidence of a day is that of the answers given. Where TimescaleDB has put its
-- continuous aggregate in the view's place, that one stays, with the labels' probabilities: the
-- days it keeps may be gone from the table.
DO $$
BEGIN
    IF pg_get_viewdef('regime_days'::regclass) NOT LIKE '%_timescaledb_internal%' THEN
        CREATE OR REPLACE VIEW regime_days AS
        SELECT date_trunc('day', as_of, 'UTC') AS day, market, timeframe, regime,
            count(*) AS assessments,
            avg(coalesce(calibrated_confidence, (probabilities ->> regime)::double precision))
                AS mean_confidence
        FROM (
            SELECT DISTINCT ON (market, timeframe, as_of)
                market, timeframe, as_of, regime, probabilities, calibrated_confidence
            FROM market_regimes
            ORDER BY market, timeframe, as_of, revision DESC
        ) AS latest
        GROUP BY 1, 2, 3, 4;
    END IF;
END
$$;
