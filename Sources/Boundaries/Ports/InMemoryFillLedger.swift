import Synchronization
package import Trading

/// The twin of the durable ledgers: the same answers, from memory.
package final class InMemoryFillLedger: Sendable {
    private struct State {
        var fills: [UserID: [RecordedFill]] = [:]
        var byID: [FillID: RecordedFill] = [:]
        var replacements: [FillID: FillID] = [:]
    }

    private let state = Mutex(State())
    private let store: InMemoryRegimeStore
    private let wording: FillWording

    /// - Parameter store: the one whose outbox is shared.
    package init(sharing store: InMemoryRegimeStore, wording: FillWording) {
        self.store = store
        self.wording = wording
    }
}

extension InMemoryFillLedger: FillLedger {
    package func record(
        _ fill: Fill, knowing regime: KnownRegime?
    ) async throws -> FillReceipt {
        try state.withLock { state in
            let facts = FillFacts(
                existing: state.byID[fill.id],
                referenced: fill.reference.flatMap { state.byID[$0] },
                replacement: fill.reference.flatMap { state.replacements[$0] },
                lastSequence: state.fills[fill.userID]?.last?.sequence ?? 0)
            let plan = try FillPlan(fill, knowing: regime, given: facts, wording: wording.traced)
            if case .record(let recorded, let entry) = plan {
                state.fills[fill.userID, default: []].append(recorded)
                state.byID[fill.id] = recorded
                if let reference = fill.reference { state.replacements[reference] = fill.id }
                store.append([entry])
            }
            return plan.receipt
        }
    }

    package func fills(
        of user: UserID, after sequence: Int64, limit: Int
    ) async throws -> [RecordedFill] {
        state.withLock { state in
            Array(
                (state.fills[user] ?? []).drop { $0.sequence <= sequence }
                    .prefix(FillPage.limit(limit)))
        }
    }

    package func fill(_ id: FillID) async throws -> RecordedFill? {
        state.withLock { $0.byID[id] }
    }
}
