-- What TimescaleDB compresses where its own licence is in force; not under the Apache licence.
-- Safe to run again. A series is a segment, so that a reader decompresses nobody else's rows.
ALTER TABLE market_regimes SET (timescaledb.compress,
    timescaledb.compress_segmentby = 'market, timeframe',
    timescaledb.compress_orderby = 'as_of, revision');
ALTER TABLE bars SET (timescaledb.compress,
    timescaledb.compress_segmentby = 'market, timeframe',
    timescaledb.compress_orderby = 'timestamp, revision');
SELECT add_compression_policy('market_regimes', INTERVAL '90 days', if_not_exists => true);
SELECT add_compression_policy('bars', INTERVAL '90 days', if_not_exists => true);
