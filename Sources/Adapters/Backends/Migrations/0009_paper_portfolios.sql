-- Portfolios that trade without money, what they decided and their orders.
--
-- Decimal numbers are text: exact.

-- symbols: names with spaces between. from_sequence: the last announced change of the series when
-- it was opened. decided_sequence: the last change that it decided on, -1 before; updated. status:
-- open or closed; updated.
CREATE TABLE paper_portfolios (
    user_id text COLLATE "C" NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    market text COLLATE "C" NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    symbols text NOT NULL,
    risk_profile text NOT NULL,
    capital text NOT NULL,
    currency text NOT NULL,
    slippage_bps text NOT NULL,
    commission_bps text NOT NULL,
    participation text NOT NULL,
    lot text NOT NULL,
    seed bigint NOT NULL,
    from_sequence bigint NOT NULL,
    decided_sequence bigint NOT NULL,
    status text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, portfolio_id),
    FOREIGN KEY (market, timeframe) REFERENCES series (market, timeframe)
);

CREATE INDEX paper_portfolios_following ON paper_portfolios (market, timeframe) WHERE status = 'open';

-- refusal: why nothing was ordered.
CREATE TABLE paper_decisions (
    user_id text COLLATE "C" NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    event_id text,
    regime text NOT NULL,
    as_of timestamptz NOT NULL,
    equity text,
    strategy text NOT NULL,
    rationale text NOT NULL,
    refusal text,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, sequence),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES paper_portfolios (user_id, portfolio_id)
);

-- filled, status, reason, through and bars are updated.
CREATE TABLE paper_orders (
    order_id text COLLATE "C" NOT NULL PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    symbol text COLLATE "C" NOT NULL,
    side text NOT NULL,
    quantity text NOT NULL,
    filled text NOT NULL,
    status text NOT NULL,
    reason text,
    through timestamptz NOT NULL,
    bars bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    FOREIGN KEY (user_id, portfolio_id, sequence)
        REFERENCES paper_decisions (user_id, portfolio_id, sequence)
);

CREATE INDEX paper_orders_of_decisions ON paper_orders (user_id, portfolio_id, sequence, symbol);
CREATE INDEX paper_orders_open ON paper_orders (user_id, portfolio_id) WHERE status = 'open';
