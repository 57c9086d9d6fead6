import Market

/// Rows of one series by instant and revision, kept in order of time.
///
/// Appending at the end is O(1) amortised, elsewhere O(n); a lookup is O(log n).
struct RevisionShelf<Row: Sendable>: Sendable {
    private var instants: [Timestamp] = []
    private var revisions: [[Row]] = []

    /// Adds the next revision of an instant.
    mutating func append(_ row: Row, at instant: Timestamp) {
        let slot = firstSlot(notBefore: instant)
        if slot < instants.count, instants[slot] == instant {
            revisions[slot].append(row)
        } else {
            instants.insert(instant, at: slot)
            revisions.insert([row], at: slot)
        }
    }

    /// All revisions of an instant, oldest first; setting them replaces those of a known instant.
    subscript(instant: Timestamp) -> [Row] {
        get {
            let slot = firstSlot(notBefore: instant)
            return slot < instants.count && instants[slot] == instant ? revisions[slot] : []
        }
        set {
            let slot = firstSlot(notBefore: instant)
            precondition(slot < instants.count && instants[slot] == instant, "nothing is there")
            revisions[slot] = newValue
        }
    }

    var last: Row? { revisions.last?.last }

    /// Up to `limit` rows of a query's instants, oldest first: per instant what `choose` picks.
    func rows<Chosen>(
        _ query: SeriesQuery, choose: (Timestamp, [Row]) -> Chosen?
    ) -> [Chosen] {
        var slot = query.range.map { firstSlot(notBefore: $0.lowerBound) } ?? 0
        if let after = query.after { slot = max(slot, firstSlot(after: after)) }
        var chosen: [Chosen] = []
        while slot < instants.count, chosen.count < query.limit {
            if let range = query.range, instants[slot] >= range.upperBound { break }
            if let row = choose(instants[slot], revisions[slot]) { chosen.append(row) }
            slot += 1
        }
        return chosen
    }

    /// Of every instant the highest revision, oldest first.
    var latest: [Row] { revisions.compactMap(\.last) }

    /// Every row there is, oldest instant first and its revisions in order.
    var all: [Row] { revisions.flatMap { $0 } }

    private func firstSlot(notBefore instant: Timestamp) -> Int {
        partition { $0 < instant }
    }

    private func firstSlot(after instant: Timestamp) -> Int {
        partition { $0 <= instant }
    }

    private func partition(_ isBefore: (Timestamp) -> Bool) -> Int {
        if let last = instants.last, isBefore(last) { return instants.count }
        var low = 0
        var high = instants.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(instants[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
