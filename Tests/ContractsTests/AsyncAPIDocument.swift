import Foundation
import Ports

/// `Documentation/Reference/asyncapi.yaml`, which describes the topics.
struct AsyncAPIDocument {
    let root: JSONValue

    struct Dangling: Error {
        let reference: String
    }

    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    static func read() throws -> AsyncAPIDocument {
        let file = repository.appending(path: "Documentation/Reference/asyncapi.yaml")
        return AsyncAPIDocument(
            root: try JSONValue(yaml: String(contentsOf: file, encoding: .utf8)))
    }

    /// What a value says, or what its `$ref` leads to; `null` when that is nowhere.
    func resolve(_ value: JSONValue?) -> JSONValue {
        guard let reference = value?["$ref"]?.text else { return value ?? .null }
        let parts = reference.split(separator: "/").map(String.init)
        guard parts.first == "#" else { return .null }
        return resolve(parts.dropFirst().reduce(root) { $0?[$1] })
    }

    /// Every `$ref` of the document.
    var references: [String] { AsyncAPIDocument.references(in: root) }

    private static func references(in value: JSONValue) -> [String] {
        if let reference = value["$ref"]?.text { return [reference] }
        return (Array(value.members.values) + value.elements).flatMap { references(in: $0) }
    }

    /// The channels by the topics they are at.
    var channels: [Topic: JSONValue] {
        let all = root["channels"]?.members.values.map { resolve($0) } ?? []
        return Dictionary(
            all.map { (Topic($0["address"]?.text ?? ""), $0) }, uniquingKeysWith: { $1 })
    }

    /// The message of a topic; each has one.
    func message(of topic: Topic) throws -> JSONValue {
        let messages = channels[topic]?["messages"]?.members.values.map { resolve($0) } ?? []
        guard messages.count == 1, let message = messages.first else {
            throw Dangling(reference: topic.name)
        }
        return message
    }

    func schema(_ name: String) throws -> JSONValue {
        guard let schema = root["components"]?["schemas"]?[name] else {
            throw Dangling(reference: name)
        }
        return schema
    }

    /// The schemas that the group ids of the operations at a topic must fit.
    func groups(reading topic: Topic) -> [JSONValue] {
        let operations = root["operations"]?.members.values.map { resolve($0) } ?? []
        return operations.filter {
            $0["action"] == "receive" && resolve($0["channel"])["address"]?.text == topic.name
        }.compactMap { resolve($0["bindings"])["kafka"]?["groupId"] }
    }
}
