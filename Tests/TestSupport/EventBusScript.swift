import Ports
import Testing

/// A random but seeded sequence of calls on an event bus, each answer compared with the simplest
/// model there is: a list of events, and per group an offset and a position.
package final class EventBusScript {
    private struct Member {
        let topics: [Topic]
        let subscription: any EventSubscription
        /// The last offset handed out, per topic.
        var positions: [Topic: Int64]
        var handedOut: [LoggedEvent] = []
    }

    private static let topics = [Topic("a"), Topic("b")]
    private static let groups = [ConsumerGroup("one"), ConsumerGroup("two")]

    private var generator: SplitMix64
    private let bus: any EventBus
    private var events: [LoggedEvent] = []
    private var committed: [ConsumerGroup: [Topic: Int64]] = [:]
    private var members: [ConsumerGroup: Member] = [:]

    private init(seed: UInt64, bus: any EventBus) {
        generator = SplitMix64(seed: seed)
        self.bus = bus
    }

    /// Plays a script on a fresh bus; expectations fail where bus and model differ.
    package static func play(seed: UInt64, steps: Int, in world: BusWorld) async throws {
        let script = EventBusScript(seed: seed, bus: world.bus)
        for number in 0..<steps { try await script.step(number) }
        for group in groups { await script.leave(group) }
    }

    private func step(_ number: Int) async throws {
        let group = pick(EventBusScript.groups)
        switch below(8) {
        case 0, 1: try await publish(number)
        case 2: await leave(group)
        case 3: try await join(group)
        case 4: try await tap()
        case 5: try await commit(group)
        default: try await next(group)
        }
    }

    private func publish(_ number: Int) async throws {
        let messages = (0..<below(4)).map {
            Samples.message("\(number).\($0)", topic: pick(EventBusScript.topics))
        }
        let logged = try await bus.publish(messages)
        #expect(logged.map(\.message) == messages)
        for event in logged {
            let last = events.last { $0.message.topic == event.message.topic }
            #expect(event.offset > last?.offset ?? -1)
            events.append(event)
        }
    }

    private func tap() async throws {
        let topic = pick(EventBusScript.topics)
        let expected = events.filter { $0.message.topic == topic }.prefix(below(6))
        let tap = try await bus.tap(topic, from: .earliest)
        for event in expected { #expect(try await tap.next() == event) }
        await tap.close()
    }

    private func join(_ group: ConsumerGroup) async throws {
        guard members[group] == nil else { return }
        let topics = below(2) == 0 ? EventBusScript.topics : [pick(EventBusScript.topics)]
        let start: StartingOffset = below(2) == 0 ? .earliest : .latest
        for topic in topics where committed[group]?[topic] == nil {
            let last = events.last { $0.message.topic == topic }?.offset ?? -1
            committed[group, default: [:]][topic] = start == .earliest ? -1 : last
        }
        members[group] = Member(
            topics: topics,
            subscription: try await bus.subscribe(to: topics, as: group, from: start),
            positions: committed[group] ?? [:])
    }

    private func leave(_ group: ConsumerGroup) async {
        await members.removeValue(forKey: group)?.subscription.close()
    }

    /// Asks for the next event only where the model has one: otherwise the call would wait. Which
    /// topic comes first is the log's choice.
    private func next(_ group: ConsumerGroup) async throws {
        guard let member = members[group] else { return }
        let waiting = member.topics.compactMap { topic in
            events.first {
                $0.message.topic == topic && $0.offset > member.positions[topic] ?? -1
            }
        }
        guard !waiting.isEmpty else { return }
        let event = try #require(try await member.subscription.next())
        #expect(waiting.contains(event))
        members[group]?.positions[event.message.topic] = event.offset
        members[group]?.handedOut.append(event)
    }

    private func commit(_ group: ConsumerGroup) async throws {
        guard let member = members[group], !member.handedOut.isEmpty else { return }
        let event = pick(member.handedOut)
        try await member.subscription.commit(event)
        let before = committed[group]?[event.message.topic] ?? -1
        committed[group]?[event.message.topic] = max(before, event.offset)
    }

    private func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    private func pick<Value>(_ values: [Value]) -> Value {
        values[below(values.count)]
    }
}
