/// A place in a status tree. Once it was removed, what is said of it counts no more.
package struct StatusNode: Sendable {
    let tree: StatusTree
    let number: Int

    /// - Throws: when the name is taken or is none, when there are too many nodes, or this one was
    ///   removed.
    package func add(_ name: String) throws(StatusTreeError) -> StatusNode {
        var number = self.number
        try tree.change { nodes throws(StatusTreeError) in
            number = try nodes.add(name, to: self.number)
            return true
        }
        return StatusNode(tree: tree, number: number)
    }

    /// Removes this node and all below it; the root stays.
    package func remove() {
        tree.change { nodes in nodes.remove(number) }
    }

    package func report(_ status: ServiceStatus, _ detail: String = "") {
        report(StatusReport(status, detail), by: .own)
    }

    /// Has the node answer whenever the tree is asked; what is thrown counts as `error`. The worse
    /// of the answer and of what was reported counts.
    package func whenAsked(_ answer: @escaping @Sendable () async throws -> StatusReport) {
        tree.change { nodes in
            nodes.setQuestion(answer, of: number)
            return false
        }
    }

    func report(_ report: StatusReport, by voice: StatusNodes.Voice) {
        tree.change { nodes in nodes.report(report, by: voice, of: number) }
    }

    /// A new node in this one's place, of which a controller says something; this one has nothing
    /// to say any more.
    func renewed(saying report: StatusReport) -> StatusNode {
        var renewed = self
        tree.change { nodes in
            guard let number = nodes.renew(number) else { return false }
            renewed = StatusNode(tree: tree, number: number)
            return nodes.report(report, by: .life, of: number)
        }
        return renewed
    }
}
