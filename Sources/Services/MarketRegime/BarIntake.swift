package import Market
package import Ports

/// The one door through which bars reach the live classifier of this process, one at a time.
///
/// Callers wait their turn in order. What other processes write is caught by the journal's
/// compare-and-set, not here.
package actor BarIntake {
    /// Bars that may wait at once; one more is refused with `IntakeFull`.
    package static let waitingLimit = 1_024

    private var classifier: LiveClassifier
    private var waiting = 0
    private var tail: Task<Void, Never>?

    package init(classifier: LiveClassifier) {
        self.classifier = classifier
    }

    /// Classifies a bar and returns once what follows from it is committed.
    ///
    /// - Throws: `IntakeFull`, and what `LiveClassifier.take` throws.
    @discardableResult
    package func take(_ bar: Bar, of series: Series) async throws -> JournalReceipt {
        guard waiting < BarIntake.waitingLimit else { throw IntakeFull() }
        waiting += 1
        defer { waiting -= 1 }
        let turnBefore = tail
        let turn = Task {
            await turnBefore?.value
            return try await classify(bar, of: series)
        }
        tail = Task { _ = await turn.result }
        return try await turn.value
    }

    private func classify(_ bar: Bar, of series: Series) async throws -> JournalReceipt {
        // Nobody else is in here: each turn waits for the one before.
        var working = classifier
        let receipt = try await working.take(bar, of: series)
        classifier = working
        return receipt
    }
}

/// Too many bars wait to be classified.
package struct IntakeFull: Error, CustomStringConvertible {
    package init() {}

    package var description: String {
        "\(BarIntake.waitingLimit) bars wait to be classified already: send again later"
    }
}
