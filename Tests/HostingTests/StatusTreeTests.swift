import TestSupport
import Testing

@testable import Hosting

@Suite("Status tree")
struct StatusTreeTests {
    private let tree = StatusTree(root: "root")

    @Test("the order is the documented one, worst first; what is unknown worsens nothing")
    func order() {
        let documented = [
            "failed", "error", "warning", "degraded", "startup", "shutdown", "busy", "idle", "ok",
            "unknown",
        ]
        #expect(ServiceStatus.allCases.map(\.name) == documented)
        #expect(ServiceStatus.allCases.sorted() == ServiceStatus.allCases)
        #expect(StatusReport.worst([]).status == .unknown)
    }

    @Test("the later of equal reports is the one that is shown")
    func ties() {
        let reports = [
            StatusReport(.ok, "a"), StatusReport(.busy, "b"), StatusReport(.busy, "c"),
            StatusReport(.unknown, "d"),
        ]
        #expect(StatusReport.worst(reports) == StatusReport(.busy, "c"))
    }

    @Test(
        "aggregated is the worst of what is below, in any tree built in any order",
        arguments: Sweep.seeds(50))
    func aggregation(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        // A parent of each node, among those before it; node 0 is the root.
        let parents = (1..<Int.random(in: 2...40, using: &generator)).map {
            Int.random(in: 0..<$0, using: &generator)
        }
        let statuses = (0...parents.count).map { _ in
            ServiceStatus.allCases.randomElement(using: &generator) ?? .ok
        }
        var nodes = [tree.root]
        for (index, parent) in parents.enumerated() {
            nodes.append(try nodes[parent].add("n\(index + 1)"))
        }
        for index in nodes.indices.shuffled(using: &generator) {
            nodes[index].report(.failed)
            nodes[index].report(statuses[index], "\(index)")
        }
        var worst = statuses
        for (index, parent) in parents.enumerated().reversed() {
            worst[parent] = min(worst[parent], worst[index + 1])
        }
        func check(_ snapshot: StatusSnapshot) throws {
            let index = try #require(Int(snapshot.own.detail))
            #expect(snapshot.own.status == statuses[index])
            #expect(snapshot.aggregated == worst[index])
            for child in snapshot.children { try check(child) }
        }
        try check(tree.snapshot())
    }

    @Test("ids are the names from the root; children are in order of their names")
    func ids() throws {
        let b = try tree.root.add("b")
        _ = try tree.root.add("a")
        try b.add("c").report(.busy, "at work")
        let snapshot = tree.snapshot()
        #expect(snapshot.children.map(\.id) == ["root.a", "root.b"])
        #expect(snapshot.find("root.b.c")?.own == StatusReport(.busy, "at work"))
        #expect(snapshot.find("root.c") == nil)
    }

    @Test("as JSON: the same bytes for the same snapshot")
    func json() throws {
        tree.root.report(.ok)
        try tree.root.add("a").report(.busy, "at \"work\"")
        #expect(
            tree.snapshot().json
                == #"{"id":"root","status":"busy","ownStatus":"ok","detail":"","children":["#
                + #"{"id":"root.a","status":"busy","ownStatus":"busy","detail":"at \"work\"","#
                + #""children":[]}]}"#)
    }

    @Test("a removed node and what is below it say nothing any more")
    func removal() throws {
        let node = try tree.root.add("a")
        let child = try node.add("b")
        node.remove()
        child.report(.failed)
        node.report(.failed)
        #expect(tree.snapshot().children.isEmpty)
        #expect(tree.snapshot().aggregated == .unknown)
        #expect(throws: StatusTreeError.parentRemoved(name: "c")) { try child.add("c") }
        let again = try tree.root.add("a")
        node.report(.failed)
        again.report(.ok)
        #expect(tree.snapshot().aggregated == .ok)
        tree.root.remove()
        #expect(tree.snapshot().children.count == 1)
    }

    @Test("what takes a node's place has forgotten what was said of it and below it")
    func renewal() throws {
        let node = try tree.root.add("a")
        node.report(.error)
        _ = try node.add("b")
        let renewed = node.renewed(saying: StatusReport(.ok, "finished"))
        node.report(.failed)
        let snapshot = try #require(tree.snapshot().find("root.a"))
        #expect(
            snapshot
                == StatusSnapshot(
                    id: "root.a", own: StatusReport(.ok, "finished"), children: []))
        renewed.report(.busy)
        #expect(tree.snapshot().aggregated == .busy)
    }

    @Test("names are checked, and taken once")
    func names() throws {
        let longest = String(repeating: "a", count: StatusTree.nameLimit)
        _ = try tree.root.add(longest)
        for name in ["", "a.b", "a b", "é", longest + "a"] {
            #expect(throws: StatusTreeError.invalid(name: name)) { try tree.root.add(name) }
        }
        #expect(throws: StatusTreeError.duplicate(name: longest)) { try tree.root.add(longest) }
    }

    @Test("there are so many nodes and no more")
    func limit() throws {
        for index in 1..<StatusTree.nodeLimit { _ = try tree.root.add("n\(index)") }
        #expect(throws: StatusTreeError.full(limit: StatusTree.nodeLimit)) {
            try tree.root.add("one-more")
        }
    }

    @Test("a detail is one line, cut, without passwords")
    func details() {
        #expect(StatusReport(.ok, "two\nlines\u{1B}").detail == "two lines ")
        #expect(
            StatusReport(.error, "postgresql://u:hunter2@h is away").detail
                == "postgresql://u:<redacted>@h is away")
        let limit = StatusReport.detailLimit
        #expect(StatusReport(.ok, String(repeating: "é", count: limit)).detail.count == limit)
        let cut = StatusReport(.ok, String(repeating: "é", count: limit + 1)).detail
        #expect(cut == String(repeating: "é", count: limit) + "…")
    }

    @Test("a listener sees the present, and the newest after changes it was too slow for")
    func listening() async throws {
        var snapshots = tree.snapshots().makeAsyncIterator()
        let present = await snapshots.next(isolation: nil)
        #expect(present?.aggregated == .unknown)
        tree.root.report(.ok)
        tree.root.report(.busy)
        tree.root.report(.warning)
        let newest = await snapshots.next(isolation: nil)
        #expect(newest?.aggregated == .warning)
        let waiting = Task { [tree] in
            for await snapshot in tree.snapshots() where snapshot.aggregated == .idle { return }
        }
        tree.root.report(.idle)
        await waiting.value
    }

    @Test("many tasks add, change and remove at once")
    func races() async throws {
        await withTaskGroup(of: Void.self) { tasks in
            for index in 0..<8 {
                tasks.addTask { [tree] in
                    for round in 0..<100 {
                        guard let node = try? tree.root.add("n\(index)") else { continue }
                        node.report(.warning, "\(round)")
                        _ = tree.snapshot().aggregated
                        if round < 99 { node.remove() } else { node.report(.ok) }
                    }
                }
            }
        }
        #expect(tree.snapshot().children.count == 8)
        #expect(tree.snapshot().aggregated == .ok)
    }
}
