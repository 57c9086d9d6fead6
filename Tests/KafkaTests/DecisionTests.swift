import TestSupport
import Testing

@testable import Kafka

@Suite("What the Kafka client decides without a broker")
struct DecisionTests {
    private static let (one, two) = (KafkaPartition("t", 0), KafkaPartition("t", 1))

    private func message(_ partition: KafkaPartition, _ offset: Int64, epoch: Int) -> KafkaMessage {
        KafkaMessage(
            position: KafkaOffset(partition, offset), key: nil, value: nil, headers: [],
            timestampMilliseconds: nil, epoch: epoch)
    }

    private func fill(
        _ buffer: inout ConsumerBuffer, _ partition: KafkaPartition, _ offsets: Range<Int64>
    ) {
        for offset in offsets {
            buffer.append(KafkaOffset(partition, offset)) {
                message(partition, offset, epoch: $0)
            }
        }
    }

    @Test func whatIsRevokedIsNotHandedOut() {
        var buffer = ConsumerBuffer()
        buffer.assign([Self.one, Self.two])
        fill(&buffer, Self.one, 0..<3)
        fill(&buffer, Self.two, 0..<2)
        #expect(buffer.take() == .assigned([Self.one, Self.two]))
        let taken = buffer.take()
        #expect(taken == .message(message(Self.one, 0, epoch: 1)))
        buffer.revoke([Self.one], isLost: false)
        // One that was handed to somebody who left is another's now.
        if let taken { buffer.putBack(taken) }
        fill(&buffer, Self.one, 3..<4)
        for offset: Int64 in 0..<2 {
            #expect(buffer.take() == .message(message(Self.two, offset, epoch: 1)))
        }
        #expect(buffer.take() == .revoked([Self.one], isLost: false))
        #expect(buffer.take() == nil)
        buffer.revoke([Self.one], isLost: true)
        #expect(buffer.take() == nil)
        buffer.assign([Self.one])
        fill(&buffer, Self.one, 1..<2)
        #expect(buffer.take() == .assigned([Self.one]))
        #expect(buffer.take() == .message(message(Self.one, 1, epoch: 2)))
    }

    @Test func whatWasTakenForSomebodyWhoLeftComesNext() {
        var buffer = ConsumerBuffer()
        buffer.assign([Self.one])
        fill(&buffer, Self.one, 0..<3)
        _ = buffer.take()
        for _ in 0..<2 {
            let taken = buffer.take()
            #expect(taken == .message(message(Self.one, 0, epoch: 1)))
            if let taken { buffer.putBack(taken) }
        }
        #expect(buffer.count == 3)
    }

    @Test(arguments: Sweep.seeds(30))
    func everyMessageIsHandedOutOnceAndInOrder(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var buffer = ConsumerBuffer()
        var next: [KafkaPartition: Int64] = [Self.one: 0, Self.two: 0]
        var seen: [KafkaPartition: Int64] = [Self.one: 0, Self.two: 0]
        var paused: Set<KafkaPartition> = []
        buffer.assign([Self.one, Self.two])
        for _ in 0..<600 {
            let partition = Bool.random(using: &generator) ? Self.one : Self.two
            switch Int.random(in: 0..<8, using: &generator) {
            case 0:
                buffer.pause([partition])
                paused.insert(partition)
            case 1:
                buffer.resume([partition])
                paused.remove(partition)
            case 2, 3:
                let start = next[partition] ?? 0
                fill(&buffer, partition, start..<start + 3)
                next[partition] = start + 3
            default:
                guard let item = buffer.take() else { continue }
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    buffer.putBack(item)
                } else if case .message(let message) = item {
                    #expect(!paused.contains(message.position.partition))
                    #expect(message.offset == seen[message.position.partition])
                    seen[message.position.partition] = message.offset + 1
                }
            }
        }
        buffer.resume([Self.one, Self.two])
        while let item = buffer.take() {
            if case .message(let message) = item {
                seen[message.position.partition] = message.offset + 1
            }
        }
        #expect(seen == next)
    }

    @Test func whatIsRevokedIsPausedNoMore() {
        var buffer = ConsumerBuffer()
        buffer.assign([Self.one, Self.two])
        buffer.pause([Self.one])
        #expect(buffer.revoke([Self.one, Self.two], isLost: false) == [Self.one])
        #expect(buffer.revoke([Self.one], isLost: true) == [])
        buffer.assign([Self.one])
        fill(&buffer, Self.one, 0..<1)
        var messages = 0
        while let item = buffer.take() { if case .message = item { messages += 1 } }
        #expect(messages == 1)
    }

    @Test func positionsOnlyMoveOn() {
        var plan = CommitPlan()
        let first = plan.request([3, 1].map { message(Self.one, $0, epoch: 1) })
        #expect(first == [KafkaOffset(Self.one, 4)])
        // Not acknowledged yet: a lower one asks for the higher one again.
        #expect(plan.request([message(Self.one, 0, epoch: 1)]) == first)
        plan.acknowledge(first)
        #expect(plan.request([message(Self.one, 2, epoch: 1)]).isEmpty)
        #expect(plan.request([message(Self.one, 4, epoch: 1)]) == [KafkaOffset(Self.one, 5)])
        plan.forget([Self.one])
        plan.acknowledge([KafkaOffset(Self.one, 5)])
        #expect(plan.request([message(Self.one, 0, epoch: 2)]) == [KafkaOffset(Self.one, 1)])
    }

    @Test func oneAtATimeInTheOrderOfComing() async throws {
        let turnstile = Turnstile(waiterLimit: 2)
        let late = KafkaError.busy
        try await Deadline.run(after: .seconds(60), else: late) { deadline in
            try await turnstile.enter(by: deadline)
            let waiting = Task {
                try await Deadline.run(after: .seconds(60), else: late) {
                    try await turnstile.enter(by: $0)
                }
            }
            try await eventually { turnstile.waiterCount == 1 }
            await #expect(throws: late) {
                try await Deadline.run(after: .milliseconds(1), else: late) {
                    try await turnstile.enter(by: $0)
                }
            }
            let leaving = Task {
                try await Deadline.run(after: .seconds(60), else: late) {
                    try await turnstile.enter(by: $0)
                }
            }
            try await eventually { turnstile.waiterCount == 2 }
            await #expect(throws: KafkaError.crowded(waiters: 2)) {
                try await turnstile.enter(by: deadline)
            }
            leaving.cancel()
            await #expect(throws: CancellationError.self) { try await leaving.value }
            turnstile.leave()
            try await waiting.value
            turnstile.leave()
            try await turnstile.enter(by: deadline)
        }
    }

    @Test func aReaderBeginsWhereItCanAndKnowsWhatIsRemoved() {
        let there = [Self.one: Int64(5)..<9, Self.two: 0..<0]
        let cases: [(asked: Int64, first: Int64, removed: Range<Int64>?)] = [
            (0, 5, 0..<5), (4, 5, 4..<5), (5, 5, nil), (8, 8, nil), (9, 9, nil), (12, 9, nil),
        ]
        for (asked, first, removed) in cases {
            let start = KafkaReader.Start.offsets([0: asked])
            #expect(start.includes(Self.one) && !start.includes(Self.two))
            #expect(start.offset(Self.one, 5..<9) == first)
            #expect(start.removed(of: there) == removed.map { [Self.one: $0] } ?? [:])
        }
        for start in [KafkaReader.Start.earliest, .latest] {
            #expect(start.includes(Self.two) && start.removed(of: there).isEmpty)
            #expect(start.offset(Self.one, 5..<9) == (start == .earliest ? 5 : 9))
        }
    }

    @Test(arguments: 1...9)
    func aProxyRewritesAcrossChunks(size: Int) {
        var rewriter = ByteRewriter(Array("1213".utf8), by: Array("wxyz".utf8))
        let text = Array("12121312131x12131 1213".utf8)
        var passed: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: size) {
            passed += rewriter.pass(text[start..<min(start + size, text.count)])
        }
        #expect(String(decoding: passed, as: UTF8.self) == "12wxyzwxyz1xwxyz1 wxyz")
    }
}
