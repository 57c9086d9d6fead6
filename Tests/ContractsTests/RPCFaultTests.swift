import Contracts
import Synchronization
import Testing

@Suite("Faults")
struct RPCFaultTests {
    @Test("a google.rpc.Status of bytes is read as it was written")
    func status() throws {
        for code in RPCFault.Code.allCases {
            for message in ["", "é\r\n\u{0} %", String(repeating: "x", count: 300)] {
                let fault = RPCFault(code, message)
                #expect(RPCFault(statusBytes: fault.statusBytes) == fault)
            }
        }
        // Fields 1 and 2 of google/rpc/status.proto: NOT_FOUND, "no".
        #expect(RPCFault.notFound("no").statusBytes == [0x08, 5, 0x12, 2, 0x6E, 0x6F])
        // Field 3, details, is passed over.
        #expect(RPCFault(statusBytes: [0x08, 5, 0x1A, 0]) == RPCFault.notFound(""))
    }

    @Test(
        "what is no fault is none",
        arguments: [[], [0x08, 0], [0x08, 17], [0x12, 1, 0x61], [0x08], [0x12, 5, 0x61]])
    func none(bytes: [UInt8]) {
        #expect(RPCFault(statusBytes: bytes) == nil)
    }

    @Test("a call within its time is answered, and fails as it does")
    func inTime() async throws {
        let answer = try await withinTime(.seconds(60), orThrow: .overdue) { 5 }
        #expect(answer == 5)
        await #expect(throws: RPCFault.notFound("it")) {
            try await withinTime(.seconds(60), orThrow: .overdue) { throw RPCFault.notFound("it") }
        }
    }

    @Test("a call beyond its time is cancelled, and one without any is not made")
    func late() async throws {
        let isCancelled = Mutex(false)
        await #expect(throws: RPCFault.overdue) {
            try await withinTime(.milliseconds(1), orThrow: .overdue) {
                let (never, _) = AsyncStream<Void>.makeStream()
                for await _ in never {}
                isCancelled.withLock { $0 = Task.isCancelled }
            }
        }
        #expect(isCancelled.withLock { $0 })
        for time in [Duration.zero, .seconds(-1)] {
            await #expect(throws: RPCFault.overdue) {
                try await withinTime(time, orThrow: .overdue) { Issue.record("it was made") }
            }
        }
    }
}
