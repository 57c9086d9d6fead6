import Hosting
package import Market
package import Ports
package import Regimes

/// The one door through which bars reach the live classifier of this process, one at a time.
///
/// Callers wait their turn in order. What other processes write is caught by the journal's
/// compare-and-set, not here.
package actor BarIntake {
    /// Bars that may wait at once; one more is refused with `IntakeFull`.
    package static let waitingLimit = 1_024

    private var classifier: LiveClassifier
    /// Hears of each series that was written.
    private let committed: @Sendable (Series) async -> Void
    /// How often states were forgotten: a turn that began before must not bring them back.
    private var forgotten = 0
    private var waiting = 0
    private var tail: Task<Void, Never>?

    /// - Parameter committed: called after each commit that wrote something, before the caller
    ///   hears of it.
    package init(
        classifier: LiveClassifier,
        committed: @escaping @Sendable (Series) async -> Void = { _ in }
    ) {
        self.classifier = classifier
        self.committed = committed
    }

    /// Forgets every state: each is rebuilt from the store when its series is next written.
    package func forget() {
        forgotten += 1
        classifier.forget()
    }

    /// Classifies a bar and returns once what follows from it is committed.
    ///
    /// - Throws: `IntakeFull`, and what `LiveClassifier.take` throws.
    @discardableResult
    package func take(
        _ bar: Bar, of series: Series, as trigger: Trigger = .bar
    ) async throws -> JournalReceipt {
        guard waiting < BarIntake.waitingLimit else { throw IntakeFull() }
        waiting += 1
        defer { waiting -= 1 }
        let turnBefore = tail
        let turn = Task {
            await turnBefore?.value
            return try await classify(bar, of: series, as: trigger)
        }
        tail = Task { _ = await turn.result }
        return try await turn.value
    }

    private func classify(
        _ bar: Bar, of series: Series, as trigger: Trigger
    ) async throws -> JournalReceipt {
        // Nobody else is in here: each turn waits for the one before.
        let known = forgotten
        var working = classifier
        defer { if known == forgotten { classifier = working } }
        let receipt = try await working.take(bar, of: series, as: trigger)
        if !receipt.wroteNothing { await committed(series) }
        return receipt
    }
}

/// Too many bars wait to be classified.
package struct IntakeFull: PassingError, CustomStringConvertible {
    package init() {}

    package var description: String {
        "\(BarIntake.waitingLimit) bars wait to be classified already: send again later"
    }
}
