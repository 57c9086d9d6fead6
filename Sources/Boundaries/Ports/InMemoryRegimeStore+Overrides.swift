package import Market
package import Regimes
import Synchronization

extension InMemoryRegimeStore: OverrideLedger {
    package func putInForce(_ order: OverrideOrder) async throws -> RegimeOverride {
        let (override, isNew) = try state.withLock { state in
            let (plan, override) = try OverrideDecision.start(
                order, given: try facts(of: order.series, state), wording: wording.traced)
            apply(plan, to: &state)
            return (override, !plan.isEmpty)
        }
        if isNew { signal.notify() }
        return override
    }

    package func endExpiredOverride(
        of series: Series, at now: Timestamp
    ) async throws -> RegimeChange? {
        let change = try state.withLock { state in
            let plan = OverrideDecision.end(
                at: now, given: try facts(of: series, state), wording: wording.traced)
            apply(plan, to: &state)
            return plan.changes.first
        }
        if change != nil { signal.notify() }
        return change
    }

    package func standingOverrides() async throws -> [RegimeOverride] {
        state.withLock { $0.series.values.compactMap(\.head.override) }.sorted {
            ($0.order.expiresAt, $0.id.text) < ($1.order.expiresAt, $1.id.text)
        }
    }

    package func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeOverride] {
        let limit = SeriesQuery(series, limit: limit).limit
        let later = rows(of: series)?.overrides.filter { $0.sequence > sequence } ?? []
        return Array(later.prefix(limit))
    }

    private func facts(of series: Series, _ state: State) throws -> OverrideFacts {
        guard let rows = state.series[series] else { throw JournalError.unknownSeries(series) }
        let told = rows.announcements.filter {
            $0.isByOverride && $0.asOf == rows.head.lastAsOf
        }
        return OverrideFacts(
            head: rows.head, assessment: rows.assessments.last,
            revision: told.map(\.revision).max() ?? 0)
    }

    private func apply(_ plan: OverridePlan, to state: inout State) {
        let series = plan.head.profile.series
        guard !plan.isEmpty, var rows = state.series[series] else { return }
        if let ended = plan.ended, let last = rows.overrides.indices.last {
            rows.overrides[last] = ended
        }
        if let started = plan.started { rows.overrides.append(started) }
        rows.announcements += plan.changes
        rows.head = plan.head
        state.series[series] = rows
        append(plan.outbox, to: &state)
    }
}
