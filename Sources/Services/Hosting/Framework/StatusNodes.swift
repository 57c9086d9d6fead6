/// The nodes of a status tree, as a value: who belongs to whom, and what each has said.
struct StatusNodes {
    /// Who speaks of a node. What is later here is more telling.
    enum Voice: Int, CaseIterable {
        /// The controller of the service.
        case life
        /// The service.
        case own
        /// The service, when it was asked last.
        case answer
    }

    typealias Question = @Sendable () async throws -> StatusReport

    private struct Node {
        let name: String
        let parent: Int?
        var children: [String: Int] = [:]
        var reports: [Voice: StatusReport] = [:]
        var question: Question?
    }

    /// The number of the root; a number is never used again.
    static let root = 0
    private var nodes: [Int: Node]
    private var next = 1

    init(root name: String) {
        nodes = [StatusNodes.root: Node(name: name, parent: nil)]
    }

    /// A new node's number.
    mutating func add(_ name: String, to parent: Int) throws(StatusTreeError) -> Int {
        guard let siblings = nodes[parent]?.children else { throw .parentRemoved(name: name) }
        guard StatusTree.isName(name) else { throw .invalid(name: name) }
        guard siblings[name] == nil else { throw .duplicate(name: name) }
        guard nodes.count < StatusTree.nodeLimit else { throw .full(limit: StatusTree.nodeLimit) }
        return insert(name, below: parent)
    }

    private mutating func insert(_ name: String, below parent: Int) -> Int {
        let number = next
        next += 1
        nodes[number] = Node(name: name, parent: parent)
        nodes[parent]?.children[name] = number
        return number
    }

    /// Removes a node and all below it; the root stays.
    ///
    /// - Returns: whether it was there.
    mutating func remove(_ number: Int) -> Bool {
        guard let node = nodes[number], let parent = node.parent else { return false }
        nodes[parent]?.children[node.name] = nil
        nodes[number] = nil
        for child in node.children.values { _ = remove(child) }
        return true
    }

    /// Puts an empty node in the place of one, under a number of its own: whoever has the old
    /// number has nothing to say any more.
    mutating func renew(_ number: Int) -> Int? {
        guard let node = nodes[number], let parent = node.parent, remove(number) else { return nil }
        return insert(node.name, below: parent)
    }

    /// - Returns: whether anything changed.
    mutating func report(_ report: StatusReport, by voice: Voice, of number: Int) -> Bool {
        guard let node = nodes[number], node.reports[voice] != report else { return false }
        nodes[number]?.reports[voice] = report
        return true
    }

    mutating func setQuestion(_ question: @escaping Question, of number: Int) {
        nodes[number]?.question = question
    }

    /// By number.
    var questions: [Int: Question] { nodes.compactMapValues(\.question) }

    /// A node and all below it, by name.
    ///
    /// - Parameter prefix: the parent's id.
    func snapshot(of number: Int = root, below prefix: String? = nil) -> StatusSnapshot? {
        nodes[number].map { node in
            let id = prefix.map { "\($0).\(node.name)" } ?? node.name
            let children = node.children.sorted { $0.key < $1.key }
            return StatusSnapshot(
                id: id, own: StatusReport.worst(Voice.allCases.compactMap { node.reports[$0] }),
                children: children.compactMap { snapshot(of: $1, below: id) })
        }
    }
}
