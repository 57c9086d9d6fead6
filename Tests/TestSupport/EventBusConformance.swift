import Market
package import Ports
import Synchronization
import Testing

/// What every event bus keeps.
package enum EventBusConformance {
    package static let laws: [Law<BusWorld>] = logLaws + groupLaws + waitingLaws

    private static let topic = Topic("weather")
    private static let other = Topic("tides")
    /// All that the laws use.
    package static let topics = [topic, other]
    private static let group = ConsumerGroup("readers")

    private static func publish(
        _ texts: [String], to topic: Topic = topic, on bus: any EventBus
    ) async throws -> [LoggedEvent] {
        try await bus.publish(texts.map { Samples.message($0, topic: topic) })
    }

    /// The next `count` events of a reader.
    private static func read(
        _ count: Int, from reader: any EventReading, committing: Bool = false
    ) async throws -> [LoggedEvent] {
        var events: [LoggedEvent] = []
        while events.count < count {
            let event = try #require(try await reader.next())
            if committing { try await (reader as? any EventSubscription)?.commit(event) }
            events.append(event)
        }
        return events
    }

    /// Commits what it reads until it is closed; an event whose topic went to another member is
    /// that one's.
    private static func follow(_ member: any EventSubscription, into done: EventList) async {
        while let event = try? await member.next() {
            do {
                try await member.commit(event)
                done.append(event)
            } catch {
                continue
            }
        }
    }

    // MARK: The log

    private static let logLaws: [Law<BusWorld>] = [
        Law("events are read in the order they were published") { world in
            let texts = (0..<200).map { "event \($0)" }
            var published: [LoggedEvent] = []
            for start in stride(from: 0, to: 200, by: 7) {
                let part = Array(texts[start..<min(start + 7, 200)])
                published += try await publish(part, on: world.bus)
            }
            #expect(published.map(\.message) == texts.map { Samples.message($0, topic: topic) })
            let offsets = published.map(\.offset)
            #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 })
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(200, from: reader) == published)
        },
        Law("keys, bytes and headers come back as they were") { world in
            let message = EventMessage(
                topic: topic, key: "ключ \"1\"", payload: Array(0...255) + [0, 0],
                headers: ["a": "", "quote \"": "\\ \n \u{1} ü", "traceparent": "00-ab-cd-01"])
            let bare = EventMessage(topic: topic, key: "", payload: [])
            let published = try await world.bus.publish([message, bare])
            #expect(published.map(\.message) == [message, bare])
            let tap = try await world.bus.tap(topic, from: .earliest)
            #expect(try await read(2, from: tap) == published)
        },
        Law("a tap follows one topic from its beginning or its end, and moves no group") { world in
            let published = try await publish((0..<10).map(String.init), on: world.bus)
            let bus = world.bus
            let whole = try await bus.tap(topic, from: .earliest)
            let rest = try await bus.tap(topic, from: .latest)
            _ = try await publish(["elsewhere"], to: other, on: bus)
            let later = try await publish(["a", "b"], on: bus)
            #expect(try await read(12, from: whole) == published + later)
            #expect(try await read(2, from: rest) == later)
            let waiting = Task { try await rest.next() }
            await rest.close()
            #expect(try await waiting.value == nil)
            await whole.close()
            let reader = try await bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(1, from: reader) == [published[0]])
        },
        Law("a snapshot is what was there when it was begun, and moves no group") { world in
            let bus = world.bus
            let nothing = try await bus.snapshot(of: topic)
            #expect(try await nothing.next() == nil)
            let published = try await publish((0..<100).map(String.init), on: bus)
            #expect(try await nothing.next() == nil)
            let whole = try await bus.snapshot(of: topic)
            _ = try await publish(["elsewhere"], to: other, on: bus)
            let later = try await publish(["later"], on: bus)
            #expect(try await read(100, from: whole) == published)
            for _ in 0..<2 { #expect(try await whole.next() == nil) }
            let all = try await bus.snapshot(of: topic)
            #expect(try await read(101, from: all) == published + later)
            await all.close()
            #expect(try await all.next() == nil)
            let reader = try await bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(1, from: reader) == [published[0]])
        },
        Law("a snapshot may begin behind an offset, of the partitions that are asked for") {
            world in
            let bus = world.bus
            let nothing = try await bus.snapshot(of: topic, after: [0: EventStep.beforeFirst])
            #expect(try await nothing.next() == nil)
            let published = try await publish((0..<100).map(String.init), on: bus)
            _ = try await publish(["elsewhere"], to: other, on: bus)
            for count in [0, 1, 64, 99, 100] {
                let last = count > 0 ? published[count - 1].offset : EventStep.beforeFirst
                let rest = try await bus.snapshot(of: topic, after: [0: last])
                #expect(try await read(100 - count, from: rest) == Array(published[count...]))
                #expect(try await rest.next() == nil)
                await rest.close()
            }
            let elsewhere: [[Int32: Int64]] = [
                [:], [1_000: 0], [0: published[99].offset + 1_000],
            ]
            for offsets in elsewhere {
                let none = try await bus.snapshot(of: topic, after: offsets)
                #expect(try await none.next() == nil)
            }
        },
        Law("publishing nothing does nothing") { world in
            #expect(try await world.bus.publish([]).isEmpty)
            try await world.bus.ping()
        },
        Law("a restart keeps events and offsets") { world in
            let published = try await publish(["a", "b", "c"], on: world.bus)
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            _ = try await read(1, from: reader, committing: true)
            await reader.close()
            let bus = try await world.restart()
            let tap = try await bus.tap(topic, from: .earliest)
            #expect(try await read(3, from: tap) == published)
            let again = try await bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(2, from: again) == Array(published[1...]))
            let later = try await publish(["d"], on: bus)
            #expect(later[0].offset > published[2].offset)
        },
    ]

    // MARK: Groups

    private static let groupLaws: [Law<BusWorld>] = [
        Law("groups read each for itself") { world in
            let published = try await publish(["a", "b", "c"], on: world.bus)
            for name in ["one", "two"] {
                let reader = try await world.bus.subscribe(
                    to: [topic], as: ConsumerGroup(name), from: .earliest)
                #expect(try await read(3, from: reader, committing: true) == published)
            }
        },
        Law("what follows an event is kept back until it may come, other topics go on") { world in
            let published = try await publish(["a", "b", "c"], on: world.bus)
            let reader = try await world.bus.subscribe(
                to: [topic, other], as: group, from: .earliest)
            #expect(try await read(1, from: reader) == [published[0]])
            #expect(reader.holds(published[0]))
            #expect(!reader.holds(published[1]))
            reader.pause(after: published[0])
            let elsewhere = try await publish(["elsewhere"], to: other, on: world.bus)
            #expect(try await read(1, from: reader) == elsewhere)
            try await reader.commit(published[0])
            reader.resume(after: published[0])
            #expect(try await read(2, from: reader) == Array(published[1...]))
            try await reader.commit(published[2])
            await reader.close()
        },
        Law("what a group has done is known, also after a restart") { world in
            #expect(try await world.bus.committed(topic, by: group).isEmpty)
            let published = try await publish(["a", "b", "c"], on: world.bus)
            let reader = try await world.bus.subscribe(
                to: [topic, other], as: group, from: .earliest)
            let begun = try await world.bus.committed(topic, by: group)
            #expect(begun.values.allSatisfy { $0 < published[0].offset })
            _ = try await read(2, from: reader, committing: true)
            let another = try await world.another()
            #expect(try await another.committed(topic, by: group) == [0: published[1].offset])
            #expect(try await another.committed(topic, by: ConsumerGroup("nobody")).isEmpty)
            await reader.close()
            let restarted = try await world.restart()
            #expect(try await restarted.committed(topic, by: group) == [0: published[1].offset])
        },
        Law("what was not committed comes again after a close") { world in
            let published = try await publish(["a", "b", "c", "d"], on: world.bus)
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            let events = try await read(3, from: reader)
            try await reader.commit(events[1])
            try await reader.commit(events[0])
            await reader.close()
            let again = try await world.bus.subscribe(to: [topic], as: group, from: .latest)
            #expect(try await read(2, from: again) == Array(published[2...]))
        },
        Law("what was not committed comes again after a crash") { world in
            let published = try await publish(["a", "b", "c"], on: world.bus)
            var reader: (any EventSubscription)? = try await world.bus.subscribe(
                to: [topic], as: group, from: .earliest)
            for committing in [true, false] {
                let event = try #require(try await reader?.next())
                if committing { try await reader?.commit(event) }
            }
            reader = nil
            let another = try await world.another()
            let heir = try await another.subscribe(to: [topic], as: group, from: .earliest)
            world.time.advance(bySeconds: 3600)
            #expect(try await read(2, from: heir) == Array(published[1...]))
        },
        Law("a group that starts at the end skips what was there, and nothing after it") { world in
            _ = try await publish(["old"], on: world.bus)
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .latest)
            await reader.close()
            let published = try await publish(["new"], on: world.bus)
            let again = try await world.bus.subscribe(to: [topic], as: group, from: .latest)
            #expect(try await read(1, from: again) == published)
        },
        Law("members share a topic, each event done by one; the rest is an heir's") { world in
            let published = try await publish(["a", "b", "c"], on: world.bus)
            let first = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            _ = try await read(1, from: first, committing: true)
            let another = try await world.another()
            let second = try await another.subscribe(to: [topic], as: group, from: .earliest)
            let done = EventList()
            let members = [first, second].map { member in
                Task { await follow(member, into: done) }
            }
            try await eventually { done.events.count >= 2 }
            #expect(done.events == Array(published[1...]))
            await first.close()
            let later = try await publish(["d"], on: world.bus)
            try await eventually { done.events.count >= 3 }
            #expect(done.events == published[1...] + later)
            await second.close()
            for member in members { await member.value }
        },
        Law("a member that lost its topic cannot commit") { world in
            let published = try await publish(["a", "b"], on: world.bus)
            let first = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            _ = try await read(2, from: first)
            await first.close()
            let second = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(1, from: second) == [published[0]])
            await #expect(throws: EventBusError.partitionLost(topic, group)) {
                try await first.commit(published[1])
            }
            #expect(try await read(1, from: second) == [published[1]])
        },
        Law("several topics are read, each in the order of publishing") { world in
            var published: [LoggedEvent] = []
            for text in ["a", "b", "c", "d"] {
                published += try await publish([text], on: world.bus)
                published += try await publish([text], to: other, on: world.bus)
            }
            let reader = try await world.bus.subscribe(
                to: [other, topic], as: group, from: .earliest)
            let events = try await read(8, from: reader)
            for topic in [topic, other] {
                let mine = { (event: LoggedEvent) in event.message.topic == topic }
                #expect(events.filter(mine) == published.filter(mine))
            }
        },
    ]

    // MARK: Waiting

    private static let waitingLaws: [Law<BusWorld>] = [
        Law("a waiting reader wakes on a publish through any handle") { world in
            let another = try await world.another()
            for (index, bus) in [world.bus, another].enumerated() {
                let reader = try await world.bus.subscribe(
                    to: [topic], as: ConsumerGroup("\(index)"), from: .latest)
                let waiting = Task { try await reader.next() }
                let published = try await publish(["now"], on: bus)
                #expect(try await waiting.value == published[0])
            }
        },
        Law("a cancelled reader throws, and what it did not commit comes again") { world in
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            let waiting = Task { try await reader.next() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let published = try await publish(["a"], on: world.bus)
            #expect(try await read(1, from: reader) == published)
        },
        Law("a closed reader ends, even one that waits") { world in
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            let waiting = Task { try await reader.next() }
            await reader.close()
            #expect(try await waiting.value == nil)
            _ = try await publish(["a"], on: world.bus)
            #expect(try await reader.next() == nil)
            await reader.close()
        },
        Law("closing from a cancelled task gives the topic back") { world in
            let published = try await publish(["a"], on: world.bus)
            let reader = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            _ = try await read(1, from: reader)
            let closing = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await reader.close()
            }
            await closing.value
            let heir = try await world.bus.subscribe(to: [topic], as: group, from: .earliest)
            #expect(try await read(1, from: heir) == published)
        },
    ]
}

private final class EventList: Sendable {
    private let list = Mutex<[LoggedEvent]>([])

    var events: [LoggedEvent] { list.withLock { $0 } }

    func append(_ event: LoggedEvent) { list.withLock { $0.append(event) } }
}
