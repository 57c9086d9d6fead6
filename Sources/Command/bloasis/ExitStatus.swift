import ArgumentParser
import Contracts
import Foundation
import Hosting
import MarketFeeds
import MarketRegime
import Ports
import Redis
import RegimeModels
import Tokens

/// The exit codes others rely on.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case wrongUsage = 2
    case nothingFound = 3
    case unavailable = 4
    case verificationFailed = 5

    /// As help and the manual say it.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .wrongUsage: "wrong usage"
        case .nothingFound: "nothing found"
        case .unavailable: "a dependency is unavailable"
        case .verificationFailed: "verification found a difference"
        }
    }

    /// Says on standard error what went wrong and ends the process with the fitting code.
    ///
    /// - Parameter verb: that ran; `nil` when the command line could not be read.
    static func end(with error: any Error, in verb: String?) -> Never {
        if let exit = error as? ExitCode { Foundation.exit(exit.rawValue) }
        let status = of(error)
        if let verb, let refusal = error as? ValidationError {
            StandardError.error(refusal.message)
            StandardError.hint(
                "bloasis \(verb) --help tells what there is")
        } else if isOfTheParser(error) {
            let text = Bloasis.fullMessage(for: error)
            if status == .done {
                StandardOutput.write(text + "\n")
                StandardOutput.flush()
            } else {
                StandardError.error(ExitStatus.withoutUsage(text))
            }
        } else {
            StandardError.error(message(of: error))
            if let hint = (error as? CommandFailure)?.hint { StandardError.hint(hint) }
        }
        Foundation.exit(status.rawValue)
    }

    static func of(_ error: any Error) -> ExitStatus {
        switch error {
        case let error as CommandFailure: return error.status
        case EventBusError.misconfigured: return .wrongUsage
        case is StoreError, is ListeningError, is EventBusError: return .unavailable
        case is RedisError: return .wrongUsage
        case is ConfigurationError, is StatusTreeError, is KeySourceError, is RegistryError:
            return .wrongUsage
        case let error as CSVError: return error.problem.isWrongUsage ? .wrongUsage : .failed
        case BackfillError.noBars, BackfillError.emptyRange: return .nothingFound
        case BackfillError.suspectedSplit: return .failed
        case is BackfillError: return .wrongUsage
        case UniverseError.nothingMatches: return .nothingFound
        case let error as FeedError: return of(error.reason)
        case is CoordinatorError: return .unavailable
        case let error as ObjectError: return of(error.reason)
        case let error as ModelError: return of(error.reason)
        case JournalError.unknownSeries, PromotionError.noAnswers: return .nothingFound
        case is PromotionError: return .failed
        case let error as RPCFault: return of(error.code)
        case let error as ExternalServicesFailed: return of(error.failures.map(\.error))
        case is CancellationError: return .failed
        default:
            guard isOfTheParser(error) else { return .failed }
            return Bloasis.exitCode(for: error) == .success ? .done : .wrongUsage
        }
    }

    /// What has to be mended by hand counts for more than what may pass.
    private static func of(_ errors: [any Error]) -> ExitStatus {
        let all = Set(errors.map(of))
        return [.wrongUsage, .failed].first(where: all.contains) ?? .unavailable
    }

    private static func of(_ reason: ModelError.Reason) -> ExitStatus {
        switch reason {
        case .busy, .unreachable, .late: .unavailable
        case .keyNotSet: .wrongUsage
        case .refused, .unreadable, .tooMuch: .failed
        }
    }

    private static func of(_ reason: FeedError.Reason) -> ExitStatus {
        switch reason {
        case .noData: .nothingFound
        case .rateLimited, .quotaSpent, .vendorMessage, .unreachable: .unavailable
        case .unreadable: .failed
        case .keyNotSet, .refused, .notBefore, .unsupportedTimeframe, .unsupportedCalendar,
            .tooManyBars:
            .wrongUsage
        }
    }

    private static func of(_ reason: ObjectError.Reason) -> ExitStatus {
        switch reason {
        case .notFound: .nothingFound
        case .busy, .unreachable: .unavailable
        case .refused, .tooLarge: .failed
        case .unsupported: .wrongUsage
        }
    }

    private static func of(_ code: RPCFault.Code) -> ExitStatus {
        switch code {
        case .notFound: .nothingFound
        case .invalidArgument, .outOfRange: .wrongUsage
        case .unavailable, .deadlineExceeded: .unavailable
        default: .failed
        }
    }

    /// What the parser says, without its line of every option there is: the help that it names
    /// tells them, each with its meaning.
    private static func withoutUsage(_ text: String) -> String {
        let mark = "Error: "
        var isUsage = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.hasPrefix("Usage: ") { isUsage = true }
            if line.hasPrefix("  See '") { isUsage = false }
            return !isUsage
        }
        let kept = lines.joined(separator: "\n")
        return kept.hasPrefix(mark) ? String(kept.dropFirst(mark.count)) : kept
    }

    private static func message(of error: any Error) -> String {
        switch error {
        case let fault as RPCFault: fault.message
        case is CancellationError: "interrupted"
        default: "\(error)"
        }
    }

    /// Whether the argument parser made this error: usage, help or version.
    private static func isOfTheParser(_ error: any Error) -> Bool {
        error is ValidationError || error is CleanExit
            || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}

/// A failure with its exit code and a message that says what to do.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String
    /// What a person at a terminal is told besides.
    let hint: String?

    init(_ status: ExitStatus, _ description: String, hint: String? = nil) {
        self.status = status
        self.description = description
        self.hint = hint
    }
}
