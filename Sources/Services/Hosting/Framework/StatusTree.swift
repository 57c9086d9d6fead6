import Ports
import Synchronization

/// Who fares how in a process: nodes that any task may add, change and remove.
package final class StatusTree: Sendable {
    package static let nodeLimit = 1_000
    package static let nameLimit = 64
    /// How long a node that is asked may take to answer.
    package static let answerLimit = Duration.seconds(2)

    /// A node that was asked and has not answered yet.
    private struct Asking {
        let flight: Flight<Void>
        let task: Task<Void, Never>
        var isOverdue = false
    }

    private struct State {
        var nodes: StatusNodes
        /// By number, removed nodes too: what hangs is not asked again, and counts.
        var asked: [Int: Asking] = [:]
    }

    private let state: Mutex<State>
    private let answerLimit: Duration
    private let changed = CommitSignal()

    package init(root name: String, answerLimit: Duration = StatusTree.answerLimit) {
        state = Mutex(State(nodes: StatusNodes(root: name)))
        self.answerLimit = answerLimit
    }

    package var root: StatusNode { StatusNode(tree: self, number: StatusNodes.root) }

    /// Whether a node may be called so.
    static func isName(_ text: String) -> Bool {
        (1...nameLimit).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
    }

    /// What was said last; nobody is asked.
    package func snapshot() -> StatusSnapshot {
        guard let snapshot = state.withLock({ $0.nodes }).snapshot() else {
            preconditionFailure("the root of a status tree is never removed")
        }
        return snapshot
    }

    /// The snapshot now and after every change; a listener that is slow sees the newest alone.
    package func snapshots() -> some AsyncSequence<StatusSnapshot, Never> & Sendable {
        changed.stream().map { self.snapshot() }
    }

    /// - Parameter body: returns whether anything changed.
    func change<Failure: Error>(
        _ body: (inout StatusNodes) throws(Failure) -> Bool
    ) throws(Failure) {
        let hasChanged = try state.withLock { state throws(Failure) in try body(&state.nodes) }
        if hasChanged { changed.notify() }
    }
}

// MARK: - Asking

extension StatusTree {
    /// Asks all nodes that answer, at once, and waits for them up to the limit.
    ///
    /// A node that does not answer in time counts as `error`. Its callback is cancelled, and not
    /// asked again until it has returned.
    package func ask() async -> StatusSnapshot {
        let flights = state.withLock { state in
            var flights: [Int: Flight<Void>] = [:]
            for (number, question) in state.nodes.questions {
                flights[number] = ask(number, question, &state)
            }
            return flights
        }
        await withTaskGroup(of: Void.self) { tasks in
            for (number, flight) in flights {
                tasks.addTask { await self.wait(for: flight, of: number) }
            }
        }
        return snapshot()
    }

    /// Asks one node, or joins whoever did; `nil` when it is not asked.
    private func ask(
        _ number: Int, _ question: @escaping StatusNodes.Question, _ state: inout State
    ) -> Flight<Void>? {
        if let asking = state.asked[number] { return asking.isOverdue ? nil : asking.flight }
        guard state.asked.count < StatusTree.nodeLimit else {
            let report = StatusReport(.error, "not asked: \(state.asked.count) callbacks hang")
            _ = state.nodes.report(report, by: .answer, of: number)
            return nil
        }
        let flight = Flight<Void>()
        let task = Task {
            let report: StatusReport
            do {
                report = try await question()
            } catch {
                report = StatusReport(.error, "\(error)")
            }
            self.answered(number, report)
            flight.land(.success(()))
        }
        state.asked[number] = Asking(flight: flight, task: task)
        return flight
    }

    private func wait(for flight: Flight<Void>, of number: Int) async {
        do {
            guard try await !flight.lands(within: answerLimit) else { return }
        } catch {
            // Whoever asked was cancelled: that says nothing about the node.
            return
        }
        // Cancelled outside of the lock: its handlers may report.
        state.withLock { state -> Task<Void, Never>? in
            guard state.asked[number]?.flight === flight else { return nil }
            let overdue = StatusReport(.error, "no answer within \(answerLimit.text)")
            _ = state.nodes.report(overdue, by: .answer, of: number)
            state.asked[number]?.isOverdue = true
            return state.asked[number]?.task
        }?.cancel()
        changed.notify()
    }

    /// An answer that comes too late is dropped; the node is asked again next time.
    private func answered(_ number: Int, _ report: StatusReport) {
        let hasChanged = state.withLock { state in
            guard state.asked.removeValue(forKey: number)?.isOverdue == false else { return false }
            return state.nodes.report(report, by: .answer, of: number)
        }
        if hasChanged { changed.notify() }
    }
}

extension Duration {
    /// `2 s` for whole seconds.
    var text: String {
        components.attoseconds == 0 ? "\(components.seconds) s" : description
    }
}
