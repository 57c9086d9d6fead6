import Foundation
import TestSupport
import Testing

/// What a fault did to the events: one row of the fault table.
struct ToldCounts: Sendable {
    /// Changes that had to be told.
    var expected: Int
    /// Events that the topic holds, repeats included.
    var events: Int
    /// Changes that nobody was told.
    var lost: Int
    /// Changes told under two ids: effects that a ledger by `event_id` would have twice.
    var doubled: Int

    /// Events that a ledger by `event_id` has seen before.
    var repeats: Int { events - (expected - lost) - doubled }

    /// - Parameters:
    ///   - told: what each event of the topic says of itself.
    ///   - changes: what had to be told, in the same words.
    init(told: [ToldChange], expecting changes: [ToldChange]) {
        expected = changes.count
        events = told.count
        let distinct = Set(told)
        lost = Set(changes).subtracting(distinct).count
        doubled = distinct.subtracting(changes).count
    }
}

/// An announced change, by what must be unique about it.
struct ToldChange: Hashable, Sendable {
    let eventID: String
    let market: String
    let sequence: Int
    let asOf: String

    init?(_ json: [String: Any], id: String, asOf: String) {
        guard let eventID = json[id] as? String, let market = json["market"] as? String,
            let asOf = json[asOf] as? String,
            let sequence = json["sequence"] as? Int
                ?? (json["sequence"] as? String).flatMap({ Int($0) })
        else { return nil }
        self.eventID = eventID
        self.market = market
        self.sequence = sequence
        self.asOf = asOf
    }

    /// Every event of a topic, one JSON object each.
    static func events(_ payloads: [String]) throws -> [ToldChange] {
        try payloads.map { payload in
            let json = try JSONSerialization.jsonObject(with: Data(payload.utf8))
            let object = try #require(json as? [String: Any])
            return try #require(ToldChange(object, id: "event_id", asOf: "as_of"))
        }
    }

    /// The announced ones of what `bloasis changes --json` prints.
    static func announced(_ output: String) throws -> [ToldChange] {
        let json = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(json as? [[String: Any]]).compactMap {
            ToldChange($0, id: "eventId", asOf: "asOf")
        }
    }
}

extension ToldCounts {
    func note(_ fault: String, on stack: String) {
        FaultTable.add(
            fault, on: stack, due: expected, deliveries: events, lost: lost, doubled: doubled,
            repeats: repeats)
    }
}

/// Lets so many tests at a time use the processors.
actor Turnstile {
    static let shared = Turnstile(4)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        defer {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
        return try await body()
    }
}
