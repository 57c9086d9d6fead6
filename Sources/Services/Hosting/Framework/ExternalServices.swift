/// Something outside the process that it cannot do without from its start.
package struct ExternalService: Sendable {
    package let name: String
    let open: @Sendable () async throws -> Void

    /// - Parameter open: connects, and asks whether it answers.
    package init(_ name: String, open: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.open = open
    }
}

/// Several things that a process cannot do without, and that all failed: whoever mends one learns
/// of the others now, not at the next start.
package struct ExternalServicesFailed: Error, Sendable, CustomStringConvertible {
    /// In the order in which the services were given.
    package let failures: [(name: String, error: any Error)]

    package var description: String {
        "\(failures.count) services that this process needs cannot be used:"
            + failures.map { "\n  \($0.name): \($0.error)" }.joined()
    }
}

extension ExternalService {
    /// Opens all at the same time, and waits for each.
    ///
    /// - Throws: the error of the one that failed; `ExternalServicesFailed` for more;
    ///   `CancellationError`.
    package static func open(_ services: [ExternalService]) async throws {
        let errors = await withTaskGroup(of: (Int, (any Error)?).self) { group in
            for (index, service) in services.enumerated() {
                group.addTask {
                    do {
                        try await service.open()
                        return (index, nil)
                    } catch {
                        return (index, error)
                    }
                }
            }
            return await group.reduce(into: [Int: any Error]()) { $0[$1.0] = $1.1 }
        }
        try Task.checkCancellation()
        let failures = services.indices.compactMap { index in
            errors[index].map { (services[index].name, $0) }
        }
        guard failures.count != 1 else { throw failures[0].1 }
        guard failures.isEmpty else { throw ExternalServicesFailed(failures: failures) }
    }
}
