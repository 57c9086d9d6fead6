import Foundation
import TestSupport
import Testing

/// The program's wall clock, by Debian's `libfaketime`; its steady clock goes on.
struct JumpingClock: Sendable {
    private static let shim = "/usr/lib/\(machine)-linux-gnu/faketime/libfaketimeMT.so.1"

    #if arch(x86_64)
        private static let machine = "x86_64"
    #else
        private static let machine = "aarch64"
    #endif

    private let path: String

    init(_ program: Program) throws {
        try #require(FileManager.default.fileExists(atPath: Self.shim), "apt install faketime")
        path = try program.file("clock", "+0")
    }

    /// Gives a program this clock.
    func rule(_ program: inout Program) {
        // The library adds to the first process's environment, and moves it: a Swift program would
        // not find its arguments behind it any more.
        program.launcher = "/usr/bin/env"
        program.environment.merge([
            "LD_PRELOAD": Self.shim, "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]) { $1 }
    }

    /// Sets the clock, seconds from the right time.
    func set(ahead seconds: Int) throws {
        // In one piece: the program reads it at any time.
        try Data((seconds < 0 ? "\(seconds)" : "+\(seconds)").utf8)
            .write(to: URL(filePath: path), options: .atomic)
    }
}

@Suite("Clocks that jump under load", .timeLimit(.minutes(15)))
struct ClockFaultTests {
    private static let hour = 3_600

    @Test("an hour ahead, an hour behind, and right again")
    func jumps() async throws {
        try await Turnstile.shared.pass {
            var stack = try await FaultStack(.noida())
            let clock = try JumpingClock(stack.program)
            clock.rule(&stack.program)
            let reached = stack
            try await stack.trial("the clock jumps by hours, 4 times") { server in
                for (count, ahead) in [(60, 1), (120, -1), (180, 24), (240, 0)] {
                    try await reached.reached(count, server)
                    try clock.set(ahead: ahead * Self.hour)
                }
                return nil
            }
        }
    }

    @Test("set back after a kill: leases of the wrong time keep nobody waiting")
    func setBack() async throws {
        try await Turnstile.shared.pass {
            let kill = Kill(point: "publish-acknowledged", count: 2)
            try await KillTests.embedded(kill, fault: "killed with the clock an hour ahead") {
                let clock = try JumpingClock($0)
                try clock.set(ahead: Self.hour)
                clock.rule(&$0)
            }
        }
    }
}
