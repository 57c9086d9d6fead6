-- Confidence learnt from what came of earlier labels.
--
-- calibrated_confidence: the probability that the label still holds some bars later; NULL where no
-- calibration answered, and then the confidence is the label's probability, of which
-- confidence_kind goes on telling what kind of number it is.
ALTER TABLE market_regimes ADD COLUMN calibrated_confidence REAL
    CHECK (calibrated_confidence BETWEEN 0 AND 1);

ALTER TABLE regime_changes ADD COLUMN calibrated_confidence REAL
    CHECK (calibrated_confidence BETWEEN 0 AND 1);
