-- What TimescaleDB makes of the tables under any of its licences. Safe to run again.
SELECT create_hypertable('market_regimes', 'as_of', chunk_time_interval => INTERVAL '7 days',
    create_default_indexes => false, if_not_exists => true, migrate_data => true);
SELECT create_hypertable('bars', 'timestamp', chunk_time_interval => INTERVAL '1 day',
    create_default_indexes => false, if_not_exists => true, migrate_data => true);
SELECT create_hypertable('order_fills', 'timestamp', chunk_time_interval => INTERVAL '7 days',
    create_default_indexes => false, if_not_exists => true, migrate_data => true);
