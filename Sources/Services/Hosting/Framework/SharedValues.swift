import Logging
import Ports
import Synchronization

/// Something that the services of a process share, made when one of them first asks for it. Declare
/// it once, as a constant.
package struct SharedValue<Value: Sendable>: Sendable {
    /// Names it among what is shared.
    package let name: String
    let make: @Sendable (ServiceProcess) async throws -> Value
    let close: @Sendable (Value) async throws -> Void

    /// - Parameters:
    ///   - make: may ask the process for other shared values; they are closed later.
    ///   - close: called once, when all services have stopped.
    package init(
        _ name: String, make: @escaping @Sendable (ServiceProcess) async throws -> Value,
        close: @escaping @Sendable (Value) async throws -> Void = { _ in }
    ) {
        self.name = name
        self.make = make
        self.close = close
    }
}

/// A shared value cannot be had.
package enum SharedValueError: Error, Equatable, Sendable {
    case closed(name: String)
    case otherType(name: String, made: String, asked: String)
}

extension SharedValueError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .closed(let name): "\(name) is not made any more: the process is ending"
        case .otherType(let name, let made, let asked):
            "\(name) is a \(made) for one service and a \(asked) for another: rename one"
        }
    }
}

/// Shared values that were asked for. Each is made once however many ask at once; a failed making
/// is told to everybody who waited, and tried again when it is asked for next.
final class SharedValues: Sendable {
    private struct Made {
        let name: String
        let close: @Sendable () async throws -> Void
    }

    private struct State {
        /// Made or being made.
        var flights: [String: Flight<any Sendable>] = [:]
        var makings: [String: Task<Void, Never>] = [:]
        /// In the order of making.
        var made: [Made] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Throws: what the making threw; `SharedValueError`; `CancellationError`.
    func value<Value>(of key: SharedValue<Value>, in process: ServiceProcess) async throws -> Value
    {
        let flight = try state.withLock { state in
            guard !state.isClosed else { throw SharedValueError.closed(name: key.name) }
            if let flight = state.flights[key.name] { return flight }
            let flight = Flight<any Sendable>()
            state.flights[key.name] = flight
            state.makings[key.name] = Task {
                // It outlives the call that asks for it first, and is nobody's.
                await CallContext.$current.withValue(CallContext()) {
                    flight.land(await make(key, process))
                }
            }
            return flight
        }
        let made = try await flight.value()
        guard let value = made as? Value else {
            throw SharedValueError.otherType(
                name: key.name, made: "\(type(of: made))", asked: "\(Value.self)")
        }
        return value
    }

    private func make<Value>(
        _ key: SharedValue<Value>, _ process: ServiceProcess
    ) async -> Result<any Sendable, any Error> {
        let result: Result<any Sendable, any Error>
        var made: Made?
        do {
            let value = try await key.make(process)
            made = Made(name: key.name) { try await key.close(value) }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            state.makings[key.name] = nil
            if let made { state.made.append(made) } else { state.flights[key.name] = nil }
        }
        return result
    }

    /// Closes everything in reverse order of making, once what is still being made has heeded its
    /// cancellation. A closing that takes longer than the limit is left to itself.
    func close(within limit: Duration, logger: Logger) async {
        let makings = state.withLock { state in
            state.isClosed = true
            return Array(state.makings.values)
        }
        for making in makings {
            making.cancel()
            await making.value
        }
        for made in state.withLock({ $0.made }).reversed() {
            guard let reason = await close(made, within: limit) else { continue }
            logger.warning(
                "Shared value not closed",
                metadata: ["name": "\(made.name)", "reason": "\(reason)"])
        }
    }

    /// - Returns: why it is not closed.
    private func close(_ made: Made, within limit: Duration) async -> String? {
        let flight = Flight<Void>()
        let closing = Task {
            do {
                flight.land(.success(try await made.close()))
            } catch {
                flight.land(.failure(error))
            }
        }
        do {
            if try await flight.lands(within: limit) { return nil }
        } catch {
            return StatusReport.line("\(error)")
        }
        closing.cancel()
        return "not closed within \(limit.text)"
    }
}
