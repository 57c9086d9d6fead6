-- Bars carry values from outside the market that were known with them.
--
-- exogenous: JSON object, shortest decimals that give the same double; NULL without any.
ALTER TABLE bars ADD COLUMN exogenous TEXT;
