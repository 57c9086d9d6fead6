/// Suggests what somebody may have meant.
package enum EditDistance {
    /// Levenshtein distance in bytes; O(m·n).
    static func between(_ first: String, _ second: String) -> Int {
        let columns = Array(second.utf8)
        var row = Array(0...columns.count)
        for (i, byte) in first.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in columns.enumerated() {
                let substitution = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
            }
        }
        return row[columns.count]
    }

    /// The candidate nearest to a word, capitals or not, the first of equals, when it differs in no
    /// more than a quarter of the word's bytes (two for short words, one for those of three or
    /// less).
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let length = word.utf8.count
        let limit = length > 3 ? max(2, length / 4) : 1
        let lowered = word.lowercased()
        let ranked = candidates.map { (name: $0, distance: between(lowered, $0.lowercased())) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit
        else { return nil }
        return best.name
    }
}
