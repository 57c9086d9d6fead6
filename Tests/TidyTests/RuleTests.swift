import Testing

/// Each rule finds a planted violation, and passes over what looks like one.
@Suite("The rules find what they look for")
struct RuleTests {
    private let table = ManifestTable(
        """
        enum Library: String {
            case logging = "Logging"
            case nioCore = "NIOCore"
        }
        let modules: [Module] = [
            Module("Market", .domain, .numeric),
            Module(
                "Gateway", .services, uses: ["Market"],
                libraries: [.logging, .nioCore]),
            Module("SQLite", .adapters, .unsafeAllowed),
        ]
        let targets = [
            tests("MarketTests", ["Market", "TestSupport"], [.logging]),
        ]
        """)

    private func source(
        _ text: String, _ path: String = "Sources/Services/Gateway/A.swift"
    )
        -> SourceFile
    {
        SourceFile(path, text)
    }

    @Test("the manifest's table is read")
    func manifest() {
        #expect(table.rows.map(\.name) == ["Market", "Gateway", "SQLite"])
        #expect(
            table.row("Gateway")
                == ManifestTable.Row(
                    name: "Gateway", storey: "Services", uses: ["Market"],
                    libraries: ["Logging", "NIOCore"], allowsUnsafe: false))
        #expect(table.row("SQLite")?.allowsUnsafe == true)
        #expect(table.tests == ["MarketTests": ["Market", "TestSupport", "Logging"]])
    }

    @Test("comments and strings are no code; interpolations are")
    func scanner() {
        let text = ##"""
            let a = 1 // print(1)
            /* print(2) /* nested */ print(3) */ let b = "print(4) \(print(5) + ")") print(6)"
            let c = #"print(7) \(print(8)) \#(print(9))"# + """
                print(10) \(f("print(11)", g(print(12))))
                """
            let d = "\\(print(13))\" print(14)"; print(15)
            """##
        let code = SwiftScanner.codeLines(text).joined()
        let found = (1...15).filter { code.contains("print(\($0))") }
        #expect(found == [5, 9, 12, 15])
        #expect(SwiftScanner.codeLines(text).count == 6)
    }

    @Test("imports outside the table are found")
    func imports() {
        func messages(_ text: String, _ path: String) -> [String] {
            LayerRules.imports(SourceFile(path, text), table).map(\.message)
        }
        let text = """
            package import Market
            import struct Foundation.URL
            @preconcurrency import NIOCore
            // import SQLite
            let text = "import SQLite"
            import SQLite
            """
        #expect(
            LayerRules.imports(source(text), table) == [
                Violation(
                    path: "Sources/Services/Gateway/A.swift", line: 6,
                    message: "must not import SQLite")
            ])
        #expect(
            messages("import Foundation", "Sources/Domain/Market/A.swift")
                == ["must not import Foundation"])
        #expect(messages("import Logging\nimport Testing", "Tests/MarketTests/A.swift").isEmpty)
        #expect(messages("import NIOCore", "Tests/MarketTests/A.swift").count == 1)
        #expect(messages("", "Sources/Domain/Nowhere/A.swift").count == 1)
        #expect(messages("", "Sources/Adapters/Market/A.swift").count == 1)
    }

    @Test("a type named like its module is found")
    func moduleName() {
        let path = "Sources/Services/Gateway/A.swift"
        #expect(LayerRules.moduleNames(SourceFile(path, "package struct Gateway {}")).count == 1)
        #expect(LayerRules.moduleNames(SourceFile(path, "struct GatewayPage {}")).isEmpty)
    }

    @Test("long lines and files are found, those at the limit are not")
    func sizes() {
        func line(_ count: Int) -> String { String(repeating: "é", count: count) }
        #expect(SizeRules.longLines(source(line(100) + "\n" + line(101))).map(\.line) == [2])
        func file(_ lines: Int, _ path: String) -> SourceFile {
            SourceFile(path, String(repeating: "a\n", count: lines))
        }
        #expect(SizeRules.longFile(file(400, "Sources/A.swift")).isEmpty)
        #expect(SizeRules.longFile(file(401, "Sources/A.swift")).count == 1)
        #expect(SizeRules.longFile(file(500, "Tests/A.swift")).isEmpty)
        #expect(SizeRules.longFile(file(501, "Tests/A.swift")).count == 1)
    }

    @Test(
        "long functions are found, those at the limit are not",
        arguments: [
            "func f() {", "package init?(a: Int) {", "static func f<A>(\n    _ a: A\n) -> [Int] {",
            "subscript(i: Int) -> Int {", "func f()\n    async throws -> Int\nwhere A: B\n{",
        ])
    func functions(head: String) {
        func function(lines: Int) -> SourceFile {
            let headLines = head.split(separator: "\n").count
            let body = Array(repeating: "    if a { b(\"}\") }", count: lines - headLines - 1)
            return source("struct S {\n" + ([head] + body + ["}"]).joined(separator: "\n") + "\n}")
        }
        #expect(SizeRules.longFunctions(function(lines: 70)).isEmpty)
        #expect(SizeRules.longFunctions(function(lines: 71)).map(\.line) == [2])
    }

    @Test("a requirement without a body does not borrow the next one's")
    func requirements() {
        let body = Array(repeating: "    x()", count: 80).joined(separator: "\n")
        let file = source(
            "protocol P {\n    func f() -> Int\n    func g()\n}\nclosure {\n\(body)\n}")
        #expect(SizeRules.longFunctions(file).isEmpty)
    }

    @Test(
        "banned calls are found outside the shell",
        arguments: [
            "let a = Date()", "f(Date.now)", "let b = ContinuousClock.now", "print(\"x\")",
            "var g = SystemRandomNumberGenerator()", "let u = UUID()", "try! f()",
            "fatalError(\"x\")", "import XCTest", "nonisolated(unsafe) var a = 1",
            "let s = \"\\(Date())\"",
        ])
    func bans(line: String) {
        #expect(BannedCode.calls(source("func f() {\n\(line)\n}")).map(\.line) == [2])
    }

    @Test("what only looks like a banned call is none; the shell may read the clock")
    func notBanned() {
        let text = """
            let a = fingerprint(1) // print(1)
            let b = "Date()"
            let c = CivilDate(iso: "x")
            try? f()
            """
        #expect(BannedCode.calls(source(text)).isEmpty)
        let clock = SourceFile("Sources/Services/Hosting/A.swift", "let a = Date()")
        #expect(BannedCode.calls(clock).isEmpty)
        let test = SourceFile("Tests/A/A.swift", "try await Task.sleep(for: .seconds(1))")
        #expect(BannedCode.calls(test).count == 1)
    }

    @Test("randomness without a generator is found")
    func randomness() {
        let text = """
            let a = Int.random(in: 0..<f(3), using: &g)
            let b = Int.random(
                in: 0..<f(3))
            let c = list.shuffled()
            let d = list.randomElement(using: &g)
            """
        #expect(BannedCode.unseededRandomness(source(text)).map(\.line) == [2, 4])
    }

    @Test("asynchrony is found where it may not be")
    func asynchrony() {
        let text = "func f() async {}\nlet asyncName = 1 // await"
        let domain = SourceFile("Sources/Domain/Market/A.swift", text)
        #expect(BannedCode.asynchrony(domain).map(\.line) == [1])
        #expect(BannedCode.asynchrony(source(text)).isEmpty)
    }

    @Test("unsafe code is found outside its modules")
    func unsafety() {
        let text = "let a = unsafe f(p)"
        #expect(BannedCode.unsafety(source(text), table).count == 1)
        let adapter = SourceFile("Sources/Adapters/SQLite/A.swift", text)
        #expect(BannedCode.unsafety(adapter, table).isEmpty)
    }

    @Test("markers and machine paths are found")
    func markers() {
        #expect(
            BannedCode.markers(source("// TO" + "DO: later\nlet autoTODOs = 1")).map(\.line) == [1])
        #expect(BannedCode.machinePaths(source("a\nsee /ro" + "ot/x\n")).map(\.line) == [2])
        #expect(BannedCode.machinePaths(source("https://a.org/x/ro" + "ot/b")).isEmpty)
    }

    @Test("dead files are found, entry points and files in use are not")
    func deadFiles() {
        let files = [
            SourceFile("Sources/A/Used.swift", "struct Used {}\nprivate struct Other {}"),
            SourceFile("Sources/A/Dead.swift", "/// Used\nstruct Dead { let used: Used }"),
            SourceFile("Sources/A/Main.swift", "@main struct Main { let a = a.helped() }"),
            SourceFile("Sources/A/Help.swift", "extension A {\n    func helped() {}\n}"),
            SourceFile("Sources/A/Stale.swift", "extension A {\n    func stale() {}\n}"),
            SourceFile("Sources/A/Conform.swift", "extension A: Error {\n}"),
            SourceFile("Tests/A/T.swift", "@Test func dead() {}"),
        ]
        #expect(
            UseRules.deadFiles(files).map(\.path) == [
                "Sources/A/Dead.swift", "Sources/A/Stale.swift",
            ])
    }

    @Test("fixtures without an origin are found")
    func fixtures() {
        let stray = UseRules.strayFixtures(
            ["Fixtures/ORIGINS.md", "Fixtures/a.csv", "Fixtures/golden/b.csv"],
            origins: "- a.csv: us")
        #expect(stray.map(\.path) == ["Fixtures/golden/b.csv"])
    }

    @Test("documents that nothing links to, and links that lead nowhere, are found")
    func documents() {
        let documents = [
            SourceFile("README.md", "[a](Documentation/A.md#x) [web](https://b.org/C.md)"),
            SourceFile("Documentation/A.md", "[self](A.md) [b](Decisions/B.md)"),
            SourceFile("Documentation/C.md", "[self](C.md)"),
            SourceFile("Documentation/Decisions/B.md", "[up](../../README.md) [gone](D.md)"),
        ]
        #expect(UseRules.orphanedDocuments(documents).map(\.path) == ["Documentation/C.md"])
        let dead = UseRules.deadLinks(documents) { path in documents.contains { $0.path == path } }
        #expect(
            dead.map(\.message) == ["links to Documentation/Decisions/D.md, which is not there"])
    }
}
