package import Logging
package import Market
import Ports

/// Writes each log event as one line, to standard error unless told otherwise: standard output is
/// for data.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String, _ isUrgent: Bool) -> Void

    /// - Parameters:
    ///   - format: `auto` means JSON; resolve it first where a terminal is possible.
    ///   - write: gets the line without its newline; those that tell of trouble are urgent.
    package init(
        service: String, level: Logger.Level, format: LogFormat,
        now: @escaping @Sendable () -> Timestamp = { WallClock.now },
        write: @escaping @Sendable (String, _ isUrgent: Bool) -> Void = LogOutput.write
    ) {
        self.service = service
        logLevel = level
        self.format = format
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Metadata of the event wins over the provider's, and that over the handler's.
    package func log(event: LogEvent) {
        var entry = LogEntry(
            timestamp: now(), level: event.level, service: service,
            message: event.message.description, metadata: Array(event.metadata ?? [:]))
        if let provided = metadataProvider?.get() { entry.add(provided) }
        entry.add(metadata)
        if let error = event.error { entry.add(["error": .string("\(error)")]) }
        write(entry.line(as: format), event.level >= .warning)
    }
}

extension BloasisConfiguration {
    /// A logger that writes to standard error as this configuration says.
    package func makeLogger(_ label: String) -> Logger {
        let format = logFormat.resolved(isTerminal: LogOutput.isTerminal)
        return Logger(label: label) { _ in
            var handler = LineLogHandler(service: serviceName, level: logLevel, format: format)
            handler.metadataProvider = .ofCall
            return handler
        }
    }
}

extension Logger.MetadataProvider {
    /// The trace that a line is said in.
    package static let ofCall = Logger.MetadataProvider {
        CallContext.current.trace.map { ["trace_id": "\($0.traceID)"] } ?? [:]
    }
}
