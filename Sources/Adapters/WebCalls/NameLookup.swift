import Foundation
import Synchronization

/// Finds the addresses that names stand for.
///
/// The system's call for it blocks, for as long as its servers let it, and cannot be stopped: it
/// runs on a thread of its own, which is left to itself when nobody waits any more, and only so
/// many of them at the same time. Threads of a pool it would keep from those who share them.
package final class NameLookup: Sendable {
    /// Lookups under way at the same time, unless more are asked for; one more is refused.
    package static let lookupLimit = 32

    private let underWay = Mutex(0)
    private let limit: Int
    private let resolve: @Sendable (String) -> [String]

    /// - Parameters:
    ///   - limit: of lookups under way at the same time, of which each has a thread.
    ///   - resolve: the system's call.
    package init(
        limit: Int = NameLookup.lookupLimit,
        resolve: @escaping @Sendable (String) -> [String] = { Host(name: $0).addresses }
    ) {
        self.limit = limit
        self.resolve = resolve
    }

    /// The addresses of a host in numbers.
    ///
    /// - Throws: `NameLookupFailure`; `CancellationError` at once when the task is cancelled.
    package func addresses(of host: String) async throws -> [String] {
        let isLet = underWay.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isLet else { throw NameLookupFailure.tooMany }
        let answer = FirstAnswer()
        let addresses = await withTaskCancellationHandler {
            await answer.value { give in
                Thread.detachNewThread { [self] in
                    let addresses = resolve(host)
                    underWay.withLock { $0 -= 1 }
                    give(addresses)
                }
            }
        } onCancel: {
            answer.give(nil)
        }
        guard let addresses else { throw CancellationError() }
        guard !addresses.isEmpty else { throw NameLookupFailure.noAddress }
        return addresses
    }
}

/// Why a name's addresses are not known.
package enum NameLookupFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case noAddress
    case tooMany

    package var description: String {
        switch self {
        case .noAddress: "its name has no address"
        case .tooMany: "too many names are being looked up"
        }
    }
}

/// An answer that somebody else gives; what is given first counts.
private final class FirstAnswer: Sendable {
    private struct State {
        var continuation: CheckedContinuation<[String]?, Never>?
        var answer: [String]??
    }

    private let state = Mutex(State())

    func give(_ answer: [String]?) {
        let continuation = state.withLock { state in
            if state.answer == nil { state.answer = .some(answer) }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: answer)
    }

    /// - Parameter ask: told what to call with the answer.
    func value(_ ask: (@escaping @Sendable ([String]?) -> Void) -> Void) async -> [String]? {
        await withCheckedContinuation { continuation in
            let given = state.withLock { state -> [String]?? in
                if state.answer == nil { state.continuation = continuation }
                return state.answer
            }
            // Asked even then: whoever asks counts on the end of it.
            ask { [self] in give($0) }
            if let given { continuation.resume(returning: given) }
        }
    }
}
