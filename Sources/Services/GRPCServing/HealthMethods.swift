package import Contracts

/// `grpc.health.v1` (GRPC Health Checking Protocol): the process as a whole is `""`; each service
/// is asked for by its full name, and is as healthy as the process.
package struct HealthMethods: Sendable {
    typealias Asked = Grpc_Health_V1_HealthCheckRequest
    typealias Answered = Grpc_Health_V1_HealthCheckResponse

    package static let service = "grpc.health.v1.Health"
    /// How often a watched service is looked at.
    static let watchInterval = Duration.seconds(5)

    private let names: Set<String>
    private let isReady: @Sendable () async throws -> Bool
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - services: full names of those that are served.
    ///   - isReady: asks what they depend on.
    ///   - clock: paces looking at what is watched.
    package init(
        services: [String], isReady: @escaping @Sendable () async throws -> Bool,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        names = Set(services + ["", HealthMethods.service])
        self.isReady = isReady
        self.clock = clock
    }

    package var methods: [ServiceMethod] {
        [
            .unary(HealthMethods.service, "Check") { (asked: Asked) in
                guard names.contains(asked.service) else {
                    throw RPCFault.notFound(
                        "no service '\(RequestReading.excerpt(asked.service))' is served here")
                }
                return try await answer(of: asked.service)
            },
            .stream(HealthMethods.service, "Watch") { (asked: Asked) in watch(asked.service) },
        ]
    }

    private func answer(of service: String) async throws -> Answered {
        var answered = Answered()
        answered.status =
            if names.contains(service) {
                try await isReady() ? .serving : .notServing
            } else {
                .serviceUnknown
            }
        return answered
    }

    /// What the status is, and what it becomes.
    private func watch(_ service: String) -> AsyncThrowingStream<Answered, any Error> {
        let told = LastTold()
        return AsyncThrowingStream {
            while true {
                let answered = try await answer(of: service)
                if await told.isNews(answered) { return answered }
                try await clock.sleep(for: HealthMethods.watchInterval)
            }
        }
    }

    private actor LastTold {
        private var last: Answered?

        func isNews(_ answered: Answered) -> Bool {
            defer { last = answered }
            return answered != last
        }
    }
}
