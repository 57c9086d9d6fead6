import Hosting

/// What somebody may have meant who mistyped a word.
enum Suggestion {
    /// `: did you mean history?`, or nothing.
    static func text(for word: String?, among candidates: [String]) -> String {
        guard let word, let nearest = EditDistance.nearest(to: word, among: candidates) else {
            return ""
        }
        return ": did you mean \(nearest)?"
    }
}
