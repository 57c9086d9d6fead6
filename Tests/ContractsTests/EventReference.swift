import Foundation
import Ports
import TestSupport

/// `Documentation/Reference/events.md`: the document of the topics for people, in the order in
/// which the code writes.
struct EventReference {
    let document: AsyncAPIDocument

    func text() throws -> String {
        let info = document.root["info"]
        var text = """
            # Events

            Made from [asyncapi.yaml](asyncapi.yaml), which tests hold equal to the code, by
            `make docs`; edit that, not this page.

            \(info?["description"]?.text ?? "")

            """
        text += Markdown.table(
            ["topic", "key", "what is on it"],
            try topics.map { topic in
                let channel = document.channels[topic]
                return [
                    "[`\(topic)`](#\(anchor(topic)))", try key(of: topic),
                    channel?["title"]?.text ?? "",
                ]
            })
        for topic in topics { text += try section(topic) }
        text += try deadLetters()
        return String(text.dropLast())
    }

    private var topics: [Topic] { TopicContract.all.map(\.topic) }

    private func anchor(_ topic: Topic) -> String { topic.name.lowercased() }

    private func key(of topic: Topic) throws -> String {
        let key = try document.message(of: topic)["bindings"]?["kafka"]?["key"]
        return key?["description"]?.text ?? ""
    }

    // MARK: - Topics

    private func section(_ topic: Topic) throws -> String {
        let channel = document.channels[topic]
        let message = try document.message(of: topic)
        var text = "## \(topic)\n\n"
        text += paragraph(channel?["description"])
        text += operations(at: topic)
        let order = try written(topic)
        text += "Members:\n\n" + table(of: document.resolve(message["payload"]), in: order)
        text += "Headers:\n\n" + table(of: document.resolve(message["headers"]), in: [])
        for example in message["examples"]?.elements ?? [] {
            text += paragraph(example["summary"])
            let value = example["payload"] ?? .null
            text += Markdown.block(PrettyJSON(order: order).lines(of: value), "json")
        }
        return text
    }

    /// The members' names in the order in which the code writes them.
    private func written(_ topic: Topic) throws -> [String] {
        guard let contract = TopicContract.all.first(where: { $0.topic == topic }) else {
            return []
        }
        let texts = try contract.messages().map { String(decoding: $0.payload, as: UTF8.self) }
        let names = document.resolve(try document.message(of: topic)["payload"])["properties"]
        func place(_ name: String) -> Int {
            for text in texts {
                guard let found = text.firstRange(of: "\"\(name)\":") else { continue }
                return text.distance(from: text.startIndex, to: found.lowerBound)
            }
            return .max
        }
        return (names?.members.keys ?? [:].keys).sorted { (place($0), $0) < (place($1), $1) }
    }

    private func operations(at topic: Topic) -> String {
        let operations = (document.root["operations"]?.members ?? [:])
            .sorted { $0.key < $1.key }.map { document.resolve($0.value) }
            .filter { document.resolve($0["channel"])["address"]?.text == topic.name }
        return Markdown.table(
            ["", "", "consumer group"],
            operations.sorted { ($0["action"]?.text ?? "") > ($1["action"]?.text ?? "") }.map {
                let group = document.resolve($0["bindings"])["kafka"]?["groupId"]
                let name = group?["const"]?.text ?? group?["pattern"]?.text
                return [
                    $0["action"] == "send" ? "written" : "read", $0["summary"]?.text ?? "",
                    name.map(Markdown.code) ?? "",
                ]
            })
    }

    private func deadLetters() throws -> String {
        let topics = Topic.all.filter { document.channels[$0] != nil && !self.topics.contains($0) }
        guard let first = topics.first else { return "" }
        let message = try document.message(of: first)
        var text = "## Dead letters\n\n" + paragraph(message["description"])
        text += Markdown.table(
            ["topic", "what is on it"],
            topics.map { [Markdown.code($0.name), document.channels[$0]?["title"]?.text ?? ""] })
        return text + "Headers beside the original's:\n\n"
            + table(of: document.resolve(message["headers"]), in: [])
    }

    // MARK: - Schemas

    private func table(of schema: JSONValue, in order: [String]) -> String {
        let members = schema["properties"]?.members ?? [:]
        let required = Set(schema["required"]?.elements.compactMap(\.text) ?? [])
        let named = order.isEmpty ? members.keys.sorted() : order
        return Markdown.table(
            ["name", "type", "values", "always", "meaning"],
            named.compactMap { name in
                members[name].map { member in
                    let layers = layers(of: member)
                    return [
                        Markdown.code(name), type(layers), values(layers),
                        required.contains(name) ? "yes" : "", meaning(layers),
                    ]
                }
            })
    }

    /// A schema and what it refers to, its own words first.
    private func layers(of schema: JSONValue) -> [JSONValue] {
        let referred = schema["$ref"] == nil ? [] : layers(of: document.resolve(schema))
        return [schema] + referred + (schema["allOf"]?.elements ?? []).flatMap { layers(of: $0) }
    }

    private func first(_ name: String, _ layers: [JSONValue]) -> JSONValue? {
        layers.lazy.compactMap { $0[name] }.first
    }

    private func type(_ layers: [JSONValue]) -> String {
        let type = first("type", layers)
        let names = type?.elements.compactMap(\.text) ?? []
        return names.isEmpty ? type?.text ?? "" : names.joined(separator: " or ")
    }

    private func values(_ layers: [JSONValue]) -> String {
        if let constant = first("const", layers) { return Markdown.code(constant.plainText) }
        if let values = first("enum", layers) {
            return values.elements.map { Markdown.code($0.plainText) }.joined(separator: ", ")
        }
        let bounds = [("minimum", "≥ "), ("maximum", "≤ "), ("format", ""), ("pattern", "")]
        return bounds.compactMap { name, sign in
            first(name, layers).map { sign + Markdown.code($0.plainText) }
        }.joined(separator: ", ")
    }

    private func meaning(_ layers: [JSONValue]) -> String {
        (first("description", layers)?.text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func paragraph(_ value: JSONValue?) -> String {
        guard let text = value?.text else { return "" }
        return text.trimmingCharacters(in: .whitespacesAndNewlines) + "\n\n"
    }
}

/// JSON over lines.
private struct PrettyJSON {
    /// Of members; others follow by name.
    let order: [String]

    func lines(of value: JSONValue) -> [String] { lines(of: value, "", "") }

    private func lines(of value: JSONValue, _ indent: String, _ name: String) -> [String] {
        let members = value.members
        guard !members.isEmpty else { return [indent + name + value.jsonText] }
        func place(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
        let sorted = members.sorted { (place($0.key), $0.key) < (place($1.key), $1.key) }
        var lines = [indent + name + "{"]
        for (number, member) in sorted.enumerated() {
            var inner = self.lines(of: member.value, indent + "  ", "\"\(member.key)\": ")
            if number + 1 < sorted.count { inner[inner.count - 1] += "," }
            lines += inner
        }
        return lines + [indent + "}"]
    }
}

extension JSONValue {
    /// A text without its quotes; anything else as JSON.
    fileprivate var plainText: String { text ?? jsonText }
}
