import Regimes

/// Which of the stored changes bars brought, as a condition on their rows. Those that none did have
/// no place in what an assessment says.
enum ChangeOrigin {
    static let byBar: StaticString = "model_version NOT IN ('override', 'amendment')"
    static let byNoBar: StaticString = "model_version IN ('override', 'amendment')"
    static let byOverride: StaticString = "model_version = 'override'"

    /// Since when an override's change, of a table `mine`, is known. While one stands nothing else
    /// is announced: what follows its start is its end.
    static let overrideKnownFrom: StaticString = """
        (SELECT CASE WHEN standing.sequence = mine.sequence THEN made_at ELSE ended_at END \
        FROM regime_overrides AS standing \
        WHERE standing.market = mine.market AND standing.timeframe = mine.timeframe \
        AND standing.sequence IN (mine.sequence, mine.sequence - 1) \
        ORDER BY standing.sequence DESC LIMIT 1)
        """

    /// Where a change stands among those about its bar.
    static let place: StaticString = "coalesce(sequence, 0)"
    /// The same in what was known at an instant.
    static let knownPlace: StaticString =
        "CASE WHEN model_version = 'override' THEN sequence ELSE 0 END"
}

extension RegimeChange {
    /// As it is listed in what was known at an instant: when a bar's was announced is not told.
    var known: RegimeChange {
        var change = self
        if isByBar { change.announcement = nil }
        return change
    }
}
