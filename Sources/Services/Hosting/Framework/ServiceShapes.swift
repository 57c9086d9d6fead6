package import Logging
import ServiceLifecycle

/// How a service lives.
package enum ServiceShape: Sendable, Equatable {
    /// Starts, is there, stops.
    case permanent
    /// Runs until it is asked to stop.
    case blockingPermanent
    /// Does one thing and is finished.
    case singleShot
}

/// A service: one of `PermanentService`, `BlockingService` and `SingleShotService`.
package protocol HostedService: Sendable {
    associatedtype Settings: ServiceSettings = NoSettings

    /// In the catalogue and on the command line: lower-case words with `-` between them.
    static var name: String { get }
    static var shape: ServiceShape { get }
    /// Whether clients come to it: doors stop together, and in time for what they depend on.
    static var isDoor: Bool { get }

    /// May wait, for what services share for example.
    init(_ context: ServiceContext<Settings>) async throws

    /// The whole life of a service that was made.
    ///
    /// - Parameter ready: called once the service does its work.
    func live(_ ready: @Sendable () -> Void) async throws
}

extension HostedService {
    package static var isDoor: Bool { false }
}

/// What a service is given.
package struct ServiceContext<Settings: ServiceSettings>: Sendable {
    /// Names this service among those of the process.
    package let instance: String
    /// Says in every line which instance speaks.
    package let logger: Logger
    /// The service's place in the status tree, as long as it lives.
    package let status: StatusNode
    package let settings: Settings
    package let process: ServiceProcess

    func with<Other: ServiceSettings>(_ settings: Other) -> ServiceContext<Other> {
        ServiceContext<Other>(
            instance: instance, logger: logger, status: status, settings: settings,
            process: process)
    }
}

/// Is there between a start and a stop.
package protocol PermanentService: HostedService {
    func start() async throws
    /// Called when the process ends and `start` succeeded.
    func stop() async throws
}

extension PermanentService {
    package static var shape: ServiceShape { .permanent }

    package func live(_ ready: @Sendable () -> Void) async throws {
        try await start()
        ready()
        // Cancelled or asked to stop: either way it is stopped.
        try? await gracefulShutdown()
        try await stop()
    }
}

/// Runs until the task's graceful shutdown; one that returns earlier has failed.
package protocol BlockingService: HostedService {
    func onStart() async throws
    func run() async throws
    /// Called whenever `onStart` succeeded, however `run` ended.
    func onStop() async
}

extension BlockingService {
    package static var shape: ServiceShape { .blockingPermanent }
    package func onStart() async throws {}
    package func onStop() async {}

    package func live(_ ready: @Sendable () -> Void) async throws {
        try await onStart()
        ready()
        do {
            try await run()
        } catch {
            await onStop()
            throw error
        }
        await onStop()
    }
}

/// Does one thing. In a shutdown it may go on for as long as services may drain.
package protocol SingleShotService: HostedService {
    func execute() async throws
}

extension SingleShotService {
    package static var shape: ServiceShape { .singleShot }

    package func live(_ ready: @Sendable () -> Void) async throws {
        ready()
        try await execute()
    }
}
