package import Market
import Synchronization
package import Trading

/// The twin of the durable books: the same answers, from memory.
package final class InMemoryPaperBook: Sendable {
    private struct State {
        var portfolios: [PaperKey: PaperPortfolio] = [:]
        var decisions: [PaperKey: [PaperDecision]] = [:]
        var orders: [OrderID: PaperOrder] = [:]

        mutating func cancelOrders(of key: PaperKey, because reason: String) {
            for (id, order) in orders where order.key == key && order.status == .open {
                orders[id]?.status = .cancelled
                orders[id]?.reason = reason
            }
        }

        func withOrders(_ decision: PaperDecision) -> PaperDecision {
            var decision = decision
            decision.orders = decision.orders.compactMap { orders[$0.id] }
            return decision
        }
    }

    private let state = Mutex(State())
    private let store: InMemoryRegimeStore

    /// - Parameter store: the one whose changes are decided on.
    package init(beside store: InMemoryRegimeStore) {
        self.store = store
    }
}

extension InMemoryPaperBook: PaperBook {
    package func open(_ portfolio: PaperPortfolio) async throws -> PaperPortfolio {
        let head = try await store.head(of: portfolio.series)
        return try state.withLock { state in
            let opened = try portfolio.opening(
                existing: state.portfolios[portfolio.key], lastSequence: head?.lastSequence,
                count: state.portfolios.keys.count { $0.userID == portfolio.key.userID }
            ).portfolio
            state.portfolios[portfolio.key] = opened
            return opened
        }
    }

    package func portfolio(_ key: PaperKey) async throws -> PaperPortfolio? {
        state.withLock { $0.portfolios[key] }
    }

    package func portfolios(of user: UserID) async throws -> [PaperPortfolio] {
        state.withLock { state in
            state.portfolios.values.filter { $0.key.userID == user }
                .sorted { $0.key.id < $1.key.id }
        }
    }

    package func portfolios(following series: Series) async throws -> [PaperPortfolio] {
        state.withLock { state in
            state.portfolios.values.filter { $0.series == series && !$0.isClosed }
                .sorted { ($0.key.userID, $0.key.id) < ($1.key.userID, $1.key.id) }
        }
    }

    package func close(
        _ key: PaperKey, because reason: String
    ) async throws -> PaperPortfolio? {
        state.withLock { state -> PaperPortfolio? in
            guard state.portfolios[key]?.isClosed == false else { return state.portfolios[key] }
            state.portfolios[key]?.isClosed = true
            state.cancelOrders(of: key, because: reason)
            return state.portfolios[key]
        }
    }

    package func record(_ decision: PaperDecision) async throws -> PaperDecision {
        guard let series = state.withLock({ $0.portfolios[decision.key]?.series }),
            let head = try await store.head(of: series)
        else { throw PaperBookError.unknownPortfolio(decision.key) }
        return try state.withLock { state in
            guard let portfolio = state.portfolios[decision.key] else {
                throw PaperBookError.unknownPortfolio(decision.key)
            }
            let existing = state.decisions[decision.key]?.first {
                $0.sequence == decision.sequence
            }
            let plan = PaperPlan(
                decision,
                given: PaperFacts(
                    portfolio: portfolio, existing: existing.map(state.withOrders),
                    lastSequence: head.lastSequence))
            guard case .record(let decision, let reason) = plan else { return plan.decision }
            if let reason { state.cancelOrders(of: decision.key, because: reason) }
            state.decisions[decision.key, default: []].append(decision)
            for order in decision.orders { state.orders[order.id] = order }
            state.portfolios[decision.key]?.decidedSequence = max(
                portfolio.decidedSequence, decision.sequence)
            return decision
        }
    }

    package func decisions(
        of key: PaperKey, after sequence: Int64, limit: Int
    ) async throws -> [PaperDecision] {
        state.withLock { state in
            (state.decisions[key] ?? []).filter { $0.sequence > sequence }
                .sorted { $0.sequence < $1.sequence }.prefix(PaperPage.limit(limit))
                .map(state.withOrders)
        }
    }

    package func openOrders(of key: PaperKey?) async throws -> [PaperOrder] {
        state.withLock { state in
            state.orders.values
                .filter { order in
                    order.status == .open && key.map { order.key == $0 } ?? true
                }
                .sorted {
                    ($0.key.userID, $0.key.id, $0.sequence, $0.symbol)
                        < ($1.key.userID, $1.key.id, $1.sequence, $1.symbol)
                }
        }
    }

    package func advance(
        _ order: PaperOrder, from before: PaperOrder
    ) async throws -> Bool {
        state.withLock { state in
            guard let now = state.orders[order.id], now.status == before.status,
                now.through == before.through
            else { return false }
            state.orders[order.id] = order
            return true
        }
    }
}
