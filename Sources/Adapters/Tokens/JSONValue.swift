/// A JSON value as tokens and key sets hold it. A number keeps its text.
enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    var list: [JSONValue]? {
        if case .list(let list) = self { return list }
        return nil
    }

    var object: [String: JSONValue]? {
        if case .object(let object) = self { return object }
        return nil
    }

    /// A list of texts; `nil` when anything else is among them.
    var texts: [String]? {
        guard let list else { return nil }
        let texts = list.compactMap(\.text)
        return texts.count == list.count ? texts : nil
    }
}
