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
    static func end(with error: any Error) -> Never {
        if let exit = error as? ExitCode { Foundation.exit(exit.rawValue) }
        let status = of(error)
        if isOfTheParser(error) {
            let text = Bloasis.fullMessage(for: error)
            if status == .done {
                StandardOutput.write(text + "\n")
                StandardOutput.flush()
            } else {
                StandardError.write(text + "\n")
            }
        } else {
            StandardError.write("error: \(message(of: error))\n")
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
        case JournalError.unknownSeries: return .nothingFound
        case let error as RPCFault: return of(error.code)
        case is CancellationError: return .failed
        default:
            guard isOfTheParser(error) else { return .failed }
            return Bloasis.exitCode(for: error) == .success ? .done : .wrongUsage
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

    private static func of(_ code: RPCFault.Code) -> ExitStatus {
        switch code {
        case .notFound: .nothingFound
        case .invalidArgument, .outOfRange: .wrongUsage
        case .unavailable, .deadlineExceeded: .unavailable
        default: .failed
        }
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

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
