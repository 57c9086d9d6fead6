import Foundation

/// How far property tests go: a few seeds in `make test`, many in `make test-long`.
package enum Sweep {
    package static let isLong = ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"

    /// Seeds 1 … `count`, or ten times as many in a long run.
    package static func seeds(_ count: Int) -> [UInt64] {
        (1...UInt64(isLong ? count * 10 : count)).map { $0 }
    }
}
