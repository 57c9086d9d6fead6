import Contracts
import GRPCCore
import Ports
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing

@testable import Clients

@Suite("When calls are made again")
struct RetryScheduleTests {
    private static let read = "\(ServiceMethod.marketRegimeService)/GetCurrentRegime"

    @Test("after what may pass, twice, after pauses that double")
    func pauses() {
        for code in RPCFault.Code.allCases {
            var schedule = RetrySchedule(Self.read)
            let pauses = (0..<4).map { _ in schedule.pause(after: code, random: 1) }
            #expect(
                pauses
                    == (RetrySchedule.passing.contains(code)
                        ? [.milliseconds(50), .milliseconds(100), nil, nil]
                        : [nil, nil, nil, nil]),
                "\(code)")
        }
    }

    @Test("a pause is between half and all of its span", arguments: 0..<50 as Range<UInt64>)
    func spread(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var schedule = RetrySchedule(Self.read)
        let pause = schedule.pause(after: .unavailable, random: generator.unit())
        #expect((.milliseconds(25)..<RetrySchedule.base).contains(try #require(pause)))
    }

    @Test("what is not known to be repeatable is made once")
    func unknown() {
        for method in ["\(ServiceMethod.marketRegimeService)/SaveRegime", "a/b", ""] {
            var schedule = RetrySchedule(method)
            #expect(schedule.pause(after: .unavailable, random: 0) == nil, "\(method)")
        }
    }

    /// Time that passes by sleeping alone.
    private final class Sleeper: Clock {
        typealias Instant = ContinuousClock.Instant

        private let instant = Mutex(ContinuousClock.now)
        let slept = Mutex<[Duration]>([])

        var now: Instant { instant.withLock { $0 } }
        var minimumResolution: Duration { .zero }

        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            let from = instant.withLock { instant in
                defer { instant = deadline }
                return instant
            }
            slept.withLock { $0.append(from.duration(to: deadline)) }
        }
    }

    private func attempts(_ sleeper: Sleeper) -> CallAttempts {
        CallAttempts(
            host: "host:1", now: { sleeper.now }, chance: { 0 }, clock: sleeper)
    }

    @Test("no attempt is made for which no time would be left")
    func timeLeft() async throws {
        for (milliseconds, pauses) in [(20, 0), (25, 0), (26, 1), (75, 1), (76, 2), (500, 2)] {
            let sleeper = Sleeper()
            let context = CallContext(deadline: sleeper.now + .milliseconds(milliseconds))
            let told = await CallContext.$current.withValue(context) {
                await fault {
                    try await attempts(sleeper).make(Self.read) { time in
                        #expect(time.left > .zero && time.late == .overdue)
                        throw RPCFault.unavailable("away")
                    }
                }
            }
            #expect(told == .unavailable("away"))
            #expect(sleeper.slept.withLock { $0.count } == pauses, "\(milliseconds) ms")
        }
    }

    @Test("a call has its own limit, however long its caller would wait")
    func ownLimit() async throws {
        let sleeper = Sleeper()
        let hour = CallContext(deadline: sleeper.now + .seconds(3_600))
        for context in [CallContext(), hour] {
            let (left, late) = try await CallContext.$current.withValue(context) {
                try await attempts(sleeper).make("a/b") { ($0.left, $0.late) }
            }
            #expect(left == CallLimits.time)
            #expect(
                late == RPCFault(.deadlineExceeded, "host:1 did not answer within 30.0 seconds"))
        }
    }
}

@Suite("Whose words an error of gRPC is in")
struct GRPCFailureTests {
    private static let answered: Metadata = ["content-type": "application/grpc"]

    @Test("a service's status is in its own words")
    func service() {
        for code in RPCFault.Code.allCases {
            let fault = RPCFault(code, " é\n")
            var error = RPCError(
                code: .unknown, message: "mangled",
                metadata: [RPCFault.statusTrailer: .binary(fault.statusBytes)])
            #expect(GRPCFailure(error) == .fault(fault))
            error.metadata = Self.answered
            #expect(GRPCFailure(error) == .fault(RPCFault(.unknown, "mangled")))
        }
        let fault = RPCFault(.resourceExhausted, "busy", retryAfterSeconds: 7)
        for (pushback, seconds) in [(fault.pushback, 7), ("6001", 7), ("-1", nil), ("x", nil)] {
            var trailers: Metadata = [RPCFault.statusTrailer: .binary(fault.statusBytes)]
            trailers.addString(pushback ?? "", forKey: "grpc-retry-pushback-ms")
            let error = RPCError(code: .resourceExhausted, message: "busy", metadata: trailers)
            let told = RPCFault(.resourceExhausted, "busy", retryAfterSeconds: seconds)
            #expect(GRPCFailure(error) == .fault(told))
        }
        let other = RPCError(code: .unavailable, message: "busy", metadata: Self.answered)
        #expect(GRPCFailure(other) == .fault(.unavailable("busy")))
        let late = RPCError(code: .deadlineExceeded, message: "late", metadata: Self.answered)
        #expect(GRPCFailure(late) == .fault(RPCFault(.deadlineExceeded, "late")))
    }

    @Test("the library's are told as nobody's, or as lateness")
    func library() {
        let closed = RPCError(code: .unavailable, message: "Stream unexpectedly closed: by whom?")
        #expect(GRPCFailure(closed) == .unreachable)
        let page = RPCError(
            code: .unavailable, message: "502", metadata: ["content-type": "text/html"])
        #expect(GRPCFailure(page) == .unreachable)
        let thrown = RPCError(
            code: .unknown, message: "The transport threw", cause: CancellationError())
        #expect(GRPCFailure(thrown) == .unreachable)
        #expect(GRPCFailure(RuntimeError(code: .clientIsStopped, message: "")) == .unreachable)
        let overdue = RPCError(code: .deadlineExceeded, message: "RPC timed out")
        #expect(GRPCFailure(overdue) == .late)
        let unread = RPCError(code: .internalError, message: "the answer is no X")
        #expect(GRPCFailure(unread) == .fault(RPCFault(.internalError, "the answer is no X")))
    }

    @Test("a status that is none is passed over")
    func noStatus() {
        for bytes: [UInt8] in [[], [0xFF], [8, 0], [8, 99, 18, 1, 97], [18, 1, 97]] {
            let error = RPCError(
                code: .aborted, message: "raced",
                metadata: [RPCFault.statusTrailer: .binary(bytes)])
            #expect(GRPCFailure(error) == .fault(RPCFault(.aborted, "raced")), "\(bytes)")
        }
    }
}

@Suite("Answers as protobuf's bytes")
struct WireAnswerTests {
    private typealias Answer = WireAnswer<Bloasis_MarketRegime_RegimeResponse>

    @Test("they are read, unless they are another's")
    func read() throws {
        var answer = Bloasis_MarketRegime_RegimeResponse()
        answer.regime = "crisis"
        let bytes: [UInt8] = try answer.serializedBytes()
        #expect(try Answer().deserialize(bytes) == answer)
        let error = #expect(throws: RPCError.self) { try Answer().deserialize([0xFF]) }
        #expect(error?.code == .internalError)
        #expect(error?.message == "the answer is no bloasis.market_regime.RegimeResponse")
    }

    @Test("one above the limit is told from one that cannot be read")
    func limit() {
        for (count, code) in [(0, RPCError.Code.internalError), (1, .resourceExhausted)] {
            let bytes = [UInt8](repeating: 0xFF, count: CallLimits.messageBytes + count)
            let error = #expect(throws: RPCError.self) { try Answer().deserialize(bytes) }
            #expect(error?.code == code)
        }
    }
}
