/// A JSON value (RFC 8259) as it was written: numbers keep their digits, members their order.
package enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// The literal, such as `1.50`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object in the order they came; no two have one name.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var members: [Member] = []
    private var places: [String: Int] = [:]

    package init() {}

    package init(_ members: [Member]) {
        for member in members { self[member.name] = member.value }
    }

    /// Setting a member that is there replaces its value; setting `nil` changes nothing.
    package subscript(name: String) -> JSONValue? {
        get { places[name].map { members[$0].value } }
        set {
            guard let newValue else { return }
            let member = Member(name, newValue)
            if let place = places[name] {
                members[place] = member
            } else {
                places[name] = members.count
                members.append(member)
            }
        }
    }
}

extension JSONValue {
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
