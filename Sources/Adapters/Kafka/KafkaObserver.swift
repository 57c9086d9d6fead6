/// A line of librdkafka's log; secrets are left out.
package struct KafkaLog: Equatable, Sendable {
    /// As syslog counts: 0 is an emergency, 3 an error, 4 a warning, 6 information, 7 for
    /// debugging.
    package var level: Int
    /// What part of librdkafka speaks, as `FAIL` or `REBALANCE`.
    package var facility: String
    package var message: String
}

/// Who hears of what a client does. All is told on the client's own thread, and nothing else
/// happens there meanwhile: whatever takes long belongs elsewhere.
package struct KafkaObserver: Sendable {
    package var log: @Sendable (KafkaLog) -> Void
    package var statistics: @Sendable (KafkaStatistics) -> Void
    /// Zero turns statistics off.
    package var statisticsInterval: Duration

    package init(
        log: @escaping @Sendable (KafkaLog) -> Void = { _ in },
        statisticsInterval: Duration = .zero,
        statistics: @escaping @Sendable (KafkaStatistics) -> Void = { _ in }
    ) {
        self.log = log
        self.statistics = statistics
        self.statisticsInterval = statisticsInterval
    }
}
