import TestSupport
import Testing

@testable import Redis

@Suite("Messages of a channel")
struct SubscriptionTests {
    private func next(_ count: Int, of subscription: RedisSubscription) async -> [String] {
        let events = subscription.makeAsyncIterator()
        var said: [String] = []
        for _ in 0..<count {
            switch await events.next() {
            case .message(let payload)?: said.append(String(decoding: payload, as: UTF8.self))
            case .interrupted?: said.append("interrupted")
            case nil: said.append("over")
            }
        }
        return said
    }

    private func publish(_ text: String, _ channel: String, by client: RedisClient) async throws {
        try await client.send(RedisCommand("PUBLISH", .text(channel), .text(text)))
    }

    @Test func messagesAreHeardInOrder() async throws {
        let server = try await RedisServer.shared.value
        let client = try RedisClient(server.url)
        let (one, other) = (client.subscribe(to: "news"), client.subscribe(to: "news"))
        #expect(await next(1, of: one) == ["interrupted"])
        #expect(await next(1, of: other) == ["interrupted"])
        for number in 0..<500 { try await publish("\(number)", "news", by: client) }
        try await publish("elsewhere", "olds", by: client)
        #expect(try await server.cli("publish", "news", "last") == "2")
        let all = (0..<500).map(String.init) + ["last"]
        #expect(await next(501, of: one) == all)
        #expect(await next(501, of: other) == all)
    }

    @Test func anInterruptionIsTold() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        let subscription = client.subscribe(to: "news")
        #expect(await next(1, of: subscription) == ["interrupted"])
        for text in ["one", "two"] {
            try await publish(text, "news", by: client)
            #expect(await next(1, of: subscription) == [text])
            try await server.stop(mercifully: text == "one")
            try await server.start()
            #expect(await next(1, of: subscription) == ["interrupted"])
            try await eventually { (try? await client.echo("x")) == "x" }
        }
        try await publish("three", "news", by: client)
        #expect(await next(1, of: subscription) == ["three"])
        try await server.stop()
    }

    @Test func aServerThatHasGoneWithoutAWordIsNoticed() async throws {
        let server = try await RedisServer()
        var limits = RedisLimits.patient
        limits.ping = .milliseconds(20)
        limits.connect = .milliseconds(200)
        let subscription = try RedisClient(server.url, limits).subscribe(to: "news")
        #expect(await next(1, of: subscription) == ["interrupted"])
        server.pause()
        // It is left, and found again only when it speaks again.
        try await eventually { !subscription.isListening }
        server.resume()
        #expect(await next(1, of: subscription) == ["interrupted"])
        try await server.stop()
    }

    @Test func aSubscriptionEndsWhenItIsCancelled() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        let subscription = client.subscribe(to: "news")
        #expect(await next(1, of: subscription) == ["interrupted"])
        let reader = Task { await next(1, of: subscription) }
        reader.cancel()
        #expect(await reader.value == ["over"])
        subscription.cancel()
        #expect(await next(2, of: subscription) == ["over", "over"])
        try await eventually { try await server.cli("pubsub", "numsub", "news") == "news\n0" }
        try await server.stop()
    }

    @Test func aSubscriptionThatNobodyHoldsLeavesTheServer() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        do {
            let subscription = client.subscribe(to: "news")
            #expect(await next(1, of: subscription) == ["interrupted"])
        }
        try await eventually { try await server.cli("pubsub", "numsub", "news") == "news\n0" }
        try await server.stop()
    }

    @Test func aReaderThatIsTooSlowIsTold() async throws {
        let server = try await RedisServer.shared.value
        var limits = RedisLimits.patient
        limits.messages = 10
        let client = try RedisClient(server.url, limits)
        let subscription = client.subscribe(to: "many")
        #expect(await next(1, of: subscription) == ["interrupted"])
        for number in 0..<30 { try await publish("\(number)", "many", by: client) }
        try await eventually { subscription.waiting == 11 }
        #expect(await next(11, of: subscription) == (0..<10).map(String.init) + ["interrupted"])
        // What follows is heard again by a reader that keeps up.
        let speaker = Task {
            while !Task.isCancelled { try await publish("on", "many", by: client) }
        }
        while await next(1, of: subscription) != ["on"] {}
        speaker.cancel()
    }

    @Test func aBufferKeepsItsLimit() {
        var buffer = MessageBuffer(limit: 3)
        buffer.put(.interrupted)
        buffer.put(.interrupted)
        #expect(buffer.count == 1)
        for number in 0..<10 as Range<UInt8> { buffer.put(.message([number])) }
        #expect(buffer.count == 4)
        let taken = (0..<3).map { _ in buffer.take() }
        #expect(taken == [.interrupted, .message([0]), .message([1])])
        buffer.put(.message([99]))
        let rest = (0..<3).map { _ in buffer.take() }
        #expect(rest == [.interrupted, .message([99]), nil])
    }
}
