-- Portfolios that trade without money, what they decided and their orders.
--
-- Decimal numbers are TEXT, exact.

-- symbols: names with spaces between. from_sequence: the last announced change of the series when
-- it was opened. decided_sequence: the last change that it decided on, -1 before; updated. status:
-- open or closed; updated.
CREATE TABLE paper_portfolios (
    user_id TEXT NOT NULL,
    portfolio_id TEXT NOT NULL,
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    symbols TEXT NOT NULL,
    risk_profile TEXT NOT NULL,
    capital TEXT NOT NULL,
    currency TEXT NOT NULL,
    slippage_bps TEXT NOT NULL,
    commission_bps TEXT NOT NULL,
    participation TEXT NOT NULL,
    lot TEXT NOT NULL,
    seed INTEGER NOT NULL,
    from_sequence INTEGER NOT NULL,
    decided_sequence INTEGER NOT NULL,
    status TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, portfolio_id),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
) STRICT, WITHOUT ROWID;

CREATE INDEX paper_portfolios_following ON paper_portfolios (market, timeframe) WHERE status = 'open';

-- refusal: why nothing was ordered.
CREATE TABLE paper_decisions (
    user_id TEXT NOT NULL,
    portfolio_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event_id TEXT,
    regime TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    equity TEXT,
    strategy TEXT NOT NULL,
    rationale TEXT NOT NULL,
    refusal TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, sequence),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES paper_portfolios (user_id, portfolio_id)
) STRICT, WITHOUT ROWID;

-- filled, status, reason, through and bars are updated.
CREATE TABLE paper_orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    portfolio_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    filled TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    through INTEGER NOT NULL,
    bars INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    FOREIGN KEY (user_id, portfolio_id, sequence)
        REFERENCES paper_decisions (user_id, portfolio_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX paper_orders_of_decisions ON paper_orders (user_id, portfolio_id, sequence, symbol);
CREATE INDEX paper_orders_open ON paper_orders (user_id, portfolio_id) WHERE status = 'open';
