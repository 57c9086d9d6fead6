package import Logging
import Synchronization

/// What was logged, in order.
package final class RecordedLog: Sendable {
    package struct Line: Sendable {
        package let level: Logger.Level
        package let message: String
        /// What the call was given, and what the logger's provider adds.
        package let metadata: Logger.Metadata
    }

    private let entries = Mutex<[Line]>([])

    package init() {}

    package var lines: [Line] { entries.withLock { $0 } }
    /// As `level message`.
    package var texts: [String] { lines.map { "\($0.level) \($0.message)" } }
    package var errors: [Line] { lines.filter { $0.level == .error } }

    /// - Parameter provider: as the program's own handler has it.
    package func logger(
        from level: Logger.Level = .trace, provider: Logger.MetadataProvider? = nil
    ) -> Logger {
        Logger(label: "test") { [self] _ in
            Handler(log: self, metadataProvider: provider, logLevel: level)
        }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = Line(
                level: event.level, message: event.message.description,
                metadata: (metadataProvider?.get() ?? [:]).merging(event.metadata ?? [:]) { $1 })
            log.entries.withLock { $0.append(line) }
        }
    }
}
