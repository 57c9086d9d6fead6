import Market

/// As much of JSON Schema as the document of the topics uses; a keyword it does not know is a
/// violation, so that nothing in the document goes unchecked.
struct JSONSchema {
    /// Where `$ref` leads.
    let document: AsyncAPIDocument

    /// What a value has against a schema; empty when it fits.
    func violations(
        of value: JSONValue, against schema: JSONValue, at path: String = "$"
    ) -> [String] {
        schema.members.sorted { $0.key < $1.key }.flatMap { keyword, rule -> [String] in
            switch keyword {
            case "description", "properties": return []
            case "$ref":
                return violations(of: value, against: document.resolve(schema), at: path)
            case "allOf":
                return rule.elements.flatMap { violations(of: value, against: $0, at: path) }
            case "oneOf":
                let fitting = rule.elements.filter {
                    violations(of: value, against: $0, at: path).isEmpty
                }
                return fitting.count == 1 ? [] : ["\(path) fits \(fitting.count) of oneOf"]
            case "required":
                let missing = Set(rule.elements.compactMap(\.text)).subtracting(value.members.keys)
                return missing.sorted().map { "\(path) lacks \($0)" }
            default:
                return fits(value, keyword, rule)
                    ? [] : ["\(path) breaks \(keyword) \(rule): \(value)"]
            }
        } + memberViolations(of: value, against: schema, at: path)
    }

    private func memberViolations(
        of value: JSONValue, against schema: JSONValue, at path: String
    ) -> [String] {
        value.members.flatMap { name, member -> [String] in
            guard
                let rule = schema["properties"]?[name] ?? schema["additionalProperties"]
            else { return [] }
            return violations(of: member, against: rule, at: "\(path).\(name)")
        }
    }

    private func fits(_ value: JSONValue, _ keyword: String, _ rule: JSONValue) -> Bool {
        switch (keyword, rule, value) {
        case ("type", .string(let name), _): return value.isOf(type: name)
        case ("type", .array(let names), _):
            return names.compactMap(\.text).contains { value.isOf(type: $0) }
        case ("const", _, _): return value == rule
        case ("enum", .array(let values), _): return values.contains(value)
        case ("pattern", .string(let pattern), .string(let text)):
            guard let expression = try? Regex(pattern) else { return false }
            return text.contains(expression)
        case ("format", "date-time", .string(let text)): return Timestamp(rfc3339: text) != nil
        case ("minLength", .number(let least), .string(let text)):
            return Double(text.unicodeScalars.count) >= least
        case ("maxLength", .number(let most), .string(let text)):
            return Double(text.unicodeScalars.count) <= most
        case ("minimum", .number(let least), .number(let number)): return number >= least
        case ("maximum", .number(let most), .number(let number)): return number <= most
        case ("exclusiveMinimum", .number(let bound), .number(let number)): return number > bound
        case ("maxProperties", .number(let most), .object(let members)):
            return Double(members.count) <= most
        case ("propertyNames", _, .object(let members)):
            return members.keys.allSatisfy {
                violations(of: .string($0), against: rule).isEmpty
            }
        case ("additionalProperties", .object, _): return true
        default: return isOfAnotherType(value, than: keyword)
        }
    }

    /// A keyword about one type lets values of the others pass.
    private func isOfAnotherType(_ value: JSONValue, than keyword: String) -> Bool {
        switch keyword {
        case "pattern", "format", "minLength", "maxLength": return !value.isOf(type: "string")
        case "minimum", "maximum", "exclusiveMinimum": return !value.isOf(type: "number")
        case "maxProperties", "propertyNames": return !value.isOf(type: "object")
        default: return false
        }
    }
}

extension JSONValue {
    fileprivate func isOf(type: String) -> Bool {
        switch self {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .number(let value):
            type == "number" || (type == "integer" && value == value.rounded())
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self = .string(value) }
}
