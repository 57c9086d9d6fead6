import Foundation
import Testing

/// The rules, applied to the repository.
@Suite("The repository keeps its style")
struct TreeTests {
    private func expectNone(_ violations: [Violation]) {
        #expect(violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))")
    }

    private func table() throws -> ManifestTable {
        ManifestTable(try #require(SourceTree.manifest).text)
    }

    @Test("the tree is seen: files of every storey, and tests")
    func sight() throws {
        let storeys = Set(SourceTree.sources.compactMap(\.storey))
        #expect(storeys == Set(LayerRules.systemModules.keys))
        #expect(SourceTree.swift.contains { $0.isTest })
        let folders = Set(SourceTree.sources.compactMap(\.module))
        let rows = try table().rows
        #expect(rows.count >= folders.count)
        #expect(folders.isSubset(of: rows.map(\.name)))
    }

    @Test("imports follow the module table")
    func imports() throws {
        let table = try table()
        expectNone(SourceTree.swift.flatMap { LayerRules.imports($0, table) })
    }

    @Test("further sets of lane kernels are the first one's sources")
    func laneKernels() throws {
        let sets = try table().rows.map(\.name).filter { $0.hasPrefix("LaneKernels") }
        #expect(sets.first == "LaneKernelsV1")
        for set in sets.dropFirst() {
            let path = SourceTree.root.appending(path: "Sources/Analytics/\(set)").path
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
            #expect(target == "LaneKernelsV1", "\(set)")
        }
    }

    @Test("no module is named like a type in it")
    func moduleNames() {
        expectNone(SourceTree.sources.flatMap(LayerRules.moduleNames))
    }

    @Test("lines, functions and files stay short")
    func sizes() {
        let scripts = SourceTree.all.filter { $0.path.hasSuffix(".py") || $0.path.hasSuffix(".sh") }
        expectNone((SourceTree.swift + scripts).flatMap(SizeRules.longLines))
        expectNone(SourceTree.swift.flatMap(SizeRules.longFile))
        expectNone(SourceTree.swift.flatMap(SizeRules.longFunctions))
    }

    @Test("banned calls stay out")
    func bannedCalls() {
        expectNone(SourceTree.swift.flatMap(BannedCode.calls))
        expectNone(SourceTree.swift.flatMap(BannedCode.unseededRandomness))
    }

    @Test("Domain and Analytics are synchronous")
    func asynchrony() {
        expectNone(SourceTree.sources.flatMap(BannedCode.asynchrony))
    }

    @Test("unsafe code stays where it may be")
    func unsafety() throws {
        let table = try table()
        expectNone(SourceTree.sources.flatMap { BannedCode.unsafety($0, table) })
    }

    @Test("no markers of unfinished work, no paths of one machine")
    func markers() {
        let files = SourceTree.all.filter { !$0.isGenerated }
        expectNone(files.flatMap(BannedCode.markers))
        expectNone(files.flatMap(BannedCode.machinePaths))
    }

    @Test("no Swift file is dead")
    func deadFiles() {
        expectNone(UseRules.deadFiles(SourceTree.swift))
    }

    @Test("every fixture has its origin written down")
    func fixtures() throws {
        let origins = try String(
            contentsOf: SourceTree.root.appending(path: "Fixtures/ORIGINS.md"), encoding: .utf8)
        expectNone(UseRules.strayFixtures(SourceTree.paths(in: "Fixtures"), origins: origins))
    }

    @Test("documents are linked, and their links lead somewhere")
    func documents() {
        let documents = SourceTree.all.filter {
            $0.path.hasSuffix(".md") && !$0.path.hasPrefix("Sources/")
        }
        expectNone(UseRules.orphanedDocuments(documents))
        expectNone(
            UseRules.deadLinks(documents) { path in
                FileManager.default.fileExists(
                    atPath: SourceTree.root.appending(path: path).path)
            })
    }
}
