import Foundation
import TestSupport
import Testing

/// Each fault comes while bars flow through the topic into the store and changes out of it.
@Suite("Servers that fail under load", .timeLimit(.minutes(15)))
struct ServerFaultTests {
    @Test("the broker cut off, again and again")
    func brokerCut() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.noida())
            try await stack.trial("broker cut off 5 times") { server in
                for count in [60, 100, 150, 200, 250] {
                    try await stack.reached(count, server)
                    stack.proxy.cut()
                }
                return nil
            }
        }
    }

    @Test("the broker slow")
    func brokerSlow() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.noida())
            try await stack.trial("broker slow, 100 ms each way") { server in
                stack.proxy.set(.delaying(milliseconds: 100))
                try await stack.reached(80, server)
                stack.proxy.set(.passing)
                return nil
            }
        }
    }

    @Test("the broker refusing connections, then back")
    func brokerRefusing() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.noida())
            try await stack.trial("broker refusing") { server in
                stack.proxy.set(.refusing)
                // It is told of in the log before it is over.
                #expect(await server.running.errors.wait(for: "Kafka"))
                stack.proxy.set(.passing)
                return nil
            }
        }
    }

    @Test("the broker restarted with SIGTERM")
    func brokerRestarted() async throws {
        try await Turnstile.shared.pass {
            let broker = try await KafkaBroker()
            let stack = try await FaultStack(.noida(broker))
            try await stack.trial("broker restarted (SIGTERM)") { _ in
                try await broker.stop()
                try await broker.start()
                return nil
            }
        }
    }

    @Test("Redis killed and restarted, under questions")
    func redis() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.noida())
            try await stack.trial("Redis killed and restarted") { server in
                try await stack.redis.stop(mercifully: false)
                try await stack.reached(120, server)
                try await stack.redis.start()
                try await stack.reached(240, server)
                try await stack.redis.stop(mercifully: false)
                return nil
            }
        }
    }

    @Test("PostgreSQL killed and restarted")
    func postgres() async throws {
        try await Turnstile.shared.pass {
            let database = try await PostgresServer()
            var first = try Program.fresh()
            let url = try await database.database()
            first.environment["DATABASE_URL"] = url
            try await FaultWorld.backfillHead(first)
            first.remove()
            let stack = try await FaultStack(.noida(), database: url)
            try await stack.trial("PostgreSQL killed and restarted, twice") { server in
                try await database.kill()
                #expect(await server.running.errors.wait(for: "trying again"))
                try await database.start()
                try await stack.reached(200, server)
                try await database.kill()
                try await database.start()
                return nil
            }
        }
    }

    @Test("another instance joins, and the first ends", arguments: [SIGTERM, SIGKILL])
    func rebalance(signal: Int32) async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.mock())
            let name = signal == SIGTERM ? "leaves" : "is killed"
            try await stack.trial("a second instance joins, the first \(name)") { server in
                let second = try await Server.start(stack.program)
                try await stack.reached(120, server)
                server.running.signal(signal)
                _ = await server.running.outcome()
                return second
            }
        }
    }

    @Test("poison among the bars")
    func poison() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.noida())
            let poison = ["{", #"{"market":"SPX","close":1}"#, "\u{1}", #"{"market":"NONE"}"#]
            try await stack.produce(poison[...].prefix(2))
            try await stack.trial("4 poison messages among the bars") { _ in
                try await stack.produce(poison[2...])
                try await eventually(within: .seconds(240)) {
                    try await stack.events("market-bars.dlq").count >= poison.count
                }
                // One that was set aside and whose position was not stored comes again.
                #expect(try await Set(stack.events("market-bars.dlq")) == Set(poison))
                return nil
            }
        }
    }
}

/// Faults of a backfill on its way.
@Suite("Backfills that are disturbed", .timeLimit(.minutes(10)))
struct BackfillFaultTests {
    private static let backfill = ["backfill", "--csv", Fixture.spx, "--market", "SPX", "--emit"]

    /// What a backfill of everything must end with.
    private static let expected = Task {
        let program = try Program.fresh()
        defer { program.remove() }
        let outcome = try await program.run(backfill)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return FaultWorld.Answers(
            history: try await program.run("history", "--json").output,
            changes: try await program.run("changes", "--json").output,
            told: try ToldChange.announced(try await program.run("changes", "--json").output))
    }

    private func check(
        _ program: Program, told: [ToldChange]?, fault: String, stack: String
    ) async throws {
        let expected = try await Self.expected.value
        #expect(try await program.run("history", "--json").output == expected.history)
        let changes = try await program.run("changes", "--json").output
        #expect(changes == expected.changes)
        let counts = ToldCounts(
            told: try told ?? ToldChange.announced(changes), expecting: expected.told)
        counts.note(fault, on: stack)
        #expect(counts.lost == 0)
        #expect(counts.doubled == 0)
    }

    @Test("a connection cut half-way through a COPY", arguments: [300_000, 900_000, 1_500_000])
    func copyCut(bytes: Int) async throws {
        try await Turnstile.shared.pass {
            let server = try await PostgresServer.shared.value
            let proxy = try FaultProxy(to: server.port)
            var program = try Program.fresh()
            defer { program.remove() }
            let url = try await server.database()
            program.environment["DATABASE_URL"] = url.replacing(
                ":\(server.port)/", with: ":\(proxy.port)/")
            proxy.refuse(after: bytes)
            let outcome = try await program.run(Self.backfill)
            #expect(outcome.status == 4, "\(outcome.errors)")
            program.environment["DATABASE_URL"] = url
            let again = try await program.run(Self.backfill)
            #expect(again.status == 0, "\(again.errors)")
            try await check(
                program, told: nil, fault: "connection cut after \(bytes) bytes of a backfill",
                stack: "PostgreSQL")
        }
    }

    @Test("a full producer queue, the broker not answering for a while")
    func fullQueue() async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(
                .noida(), database: try await PostgresServer.shared.value.database())
            var program = stack.program
            defer { program.remove() }
            program.environment["KAFKA_QUEUE_BUFFERING_MAX_MESSAGES"] = "10"
            let before = stack.proxy.received
            let running = try Running(program.process(Self.backfill))
            try await eventually { stack.proxy.received > before }
            stack.proxy.set(.delaying(milliseconds: 150))
            let outcome = await running.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            stack.proxy.set(.passing)
            try await check(
                program, told: ToldChange.events(try await stack.events()),
                fault: "a producer queue of 10, full", stack: FaultStack.name)
        }
    }

    @Test("a migration interrupted at any of its steps, then done again")
    func migration() async throws {
        try await Turnstile.shared.pass {
            let server = try await PostgresServer.shared.value
            let url = try await server.database()
            for bytes in [300, 1_500, 3_000, 5_000, 7_000, 9_000] {
                let proxy = try FaultProxy(to: server.port)
                var program = try Program.fresh()
                defer { program.remove() }
                program.environment["DATABASE_URL"] = url.replacing(
                    ":\(server.port)/", with: ":\(proxy.port)/")
                proxy.refuse(after: bytes)
                let outcome = try await program.run("migrate")
                #expect(outcome.status == 4 || outcome.status == 0, "\(outcome.errors)")
            }
            var program = try Program.fresh()
            defer { program.remove() }
            program.environment["DATABASE_URL"] = url
            #expect(try await program.run(Self.backfill).status == 0)
            try await check(
                program, told: nil, fault: "6 interrupted migrations", stack: "PostgreSQL")
        }
    }

    @Test("two instances started at once on nothing", arguments: [false, true])
    func twoAtOnce(onPostgres: Bool) async throws {
        try await Turnstile.shared.pass {
            var program = try Program.fresh()
            defer { program.remove() }
            if onPostgres {
                program.environment["DATABASE_URL"] =
                    try await PostgresServer.shared.value.database()
            }
            let starting = program
            async let one = Server.start(starting)
            async let other = Server.start(starting)
            let servers = try await [one, other]
            async let first = starting.run(Self.backfill)
            async let second = starting.run(Self.backfill)
            for outcome in try await [first, second] {
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            for server in servers { try await FaultWorld.end(server) }
            try await check(
                program, told: onPostgres ? nil : try await EmbeddedTap(all: program).events(),
                fault: "two instances and two backfills started at once",
                stack: onPostgres ? "PostgreSQL" : "embedded")
        }
    }
}
