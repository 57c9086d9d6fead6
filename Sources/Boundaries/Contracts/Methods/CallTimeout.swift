/// How long a caller waits: `grpc-timeout`, up to eight digits and a unit («gRPC over HTTP/2»,
/// Requests). Callers over HTTP may send it too.
package enum CallTimeout {
    package static let header = "grpc-timeout"

    private static let nanosecondsOfUnit: [Character: Int64] = [
        "n": 1, "u": 1_000, "m": 1_000_000, "S": 1_000_000_000, "M": 60_000_000_000,
        "H": 3_600_000_000_000,
    ]
    /// A week; what is longer is no limit that anybody waits for.
    private static let limit = Duration.seconds(604_800)

    /// The timeout as text, in milliseconds, rounded up; as long as eight digits can say.
    package static func text(_ time: Duration) -> String {
        let milliseconds = (time / .milliseconds(1)).rounded(.up)
        return "\(Int64(min(max(milliseconds, 0), 99_999_999)))m"
    }

    /// `nil` for what is no timeout.
    package static func read(_ text: String) -> Duration? {
        guard let unit = text.last.flatMap({ nanosecondsOfUnit[$0] }),
            (2...9).contains(text.utf8.count),
            text.dropLast().utf8.allSatisfy({ (48...57).contains($0) }),
            let amount = Int64(text.dropLast())
        else { return nil }
        let (nanoseconds, overflows) = amount.multipliedReportingOverflow(by: unit)
        return overflows ? limit : min(.nanoseconds(nanoseconds), limit)
    }
}
