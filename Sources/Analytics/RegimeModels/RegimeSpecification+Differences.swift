extension RegimeSpecification {
    /// What another specification says otherwise, for people: «hysteresis.confirmationBars 5, not
    /// 3», with this one's value first.
    package func differences(from other: RegimeSpecification) -> [String] {
        RegimeSpecification.differences(self, other, at: "")
    }

    private static func differences(_ one: Any, _ other: Any, at path: String) -> [String] {
        let (mine, theirs) = (Mirror(reflecting: one), Mirror(reflecting: other))
        guard mine.displayStyle == .struct, theirs.displayStyle == .struct else {
            let (text, otherText) = (text(of: one), text(of: other))
            return text == otherText ? [] : ["\(path) \(text), not \(otherText)"]
        }
        return zip(mine.children, theirs.children).flatMap { child, otherChild in
            let name = child.label ?? "?"
            return differences(
                child.value, otherChild.value, at: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    /// Optionals by what they hold.
    private static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return "\(value)" }
        return mirror.children.first.map { text(of: $0.value) } ?? "none"
    }
}
