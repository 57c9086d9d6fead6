import Hosting
import Testing

private struct Clock: SingleShotService {
    static let name = "clock"
    init(_ context: ServiceContext<NoSettings>) {}
    func execute() {}
}

private struct OtherClock: PermanentService {
    static let name = "clock"
    init(_ context: ServiceContext<NoSettings>) {}
    func start() {}
    func stop() {}
}

private struct Shouting: SingleShotService {
    static let name = "CLOCK"
    init(_ context: ServiceContext<NoSettings>) {}
    func execute() {}
}

/// Shares its settings with `HelloWorld`.
private struct HelloAgain: SingleShotService {
    static let name = "hello-again"
    init(_ context: ServiceContext<HelloWorldSettings>) {}
    func execute() {}
}

private struct OtherHelloSettings: ServiceSettings {
    static let keys = HelloWorldSettings.keys
    init(_ reader: inout ConfigurationReader) {}
}

/// Declares a variable that another service has.
private struct Imitation: SingleShotService {
    static let name = "imitation"
    init(_ context: ServiceContext<OtherHelloSettings>) {}
    func execute() {}
}

@Suite("Service catalogue")
struct ServiceCatalogueTests {
    @Test("a list of types is a list of names and shapes")
    func entries() throws {
        let catalogue = try ServiceCatalogue([Clock.self, HelloWorld.self])
        #expect(catalogue.entries.map(\.name) == ["clock", "hello-world"])
        #expect(catalogue.entries.map(\.shape) == [.singleShot, .permanent])
        #expect(try catalogue.entry(named: "hello-world").name == "hello-world")
    }

    @Test("one name, two services: an error that names both")
    func duplicates() {
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceCatalogue([Clock.self, OtherClock.self])
        }
        let problem = error?.problems.first ?? ""
        #expect(error?.problems.count == 1)
        #expect(problem.hasPrefix("two services are called clock: "))
        #expect(problem.contains(".Clock") && problem.contains(".OtherClock"))
        #expect(problem.hasSuffix(": rename one"))
    }

    @Test("a name that cannot be typed as one is refused")
    func names() {
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceCatalogue([Shouting.self])
        }
        #expect(error?.problems.first?.hasPrefix("'CLOCK' is no name for the service ") == true)
    }

    @Test("an unknown name: the nearest is suggested, all are listed")
    func unknown() throws {
        let catalogue = try ServiceCatalogue([HelloWorld.self, Clock.self])
        #expect(
            throws: ConfigurationError([
                "there is no service helo-world (did you mean hello-world?): "
                    + "the services are clock, hello-world"
            ])
        ) { try catalogue.entry(named: "helo-world") }
        #expect(
            throws: ConfigurationError([
                "there is no service x-ray: the services are clock, hello-world"
            ])
        ) { try catalogue.entry(named: "x-ray") }
    }

    @Test("the services' variables join the table; types that are shared join once")
    func table() throws {
        let table = try ServiceCatalogue([HelloWorld.self, HelloAgain.self]).table()
        #expect(table.row(named: "HELLO_WORLD_WHOM")?.defaultText == "world")
        #expect(table.rows.count == ConfigurationTable.standard.rows.count + 1)
        let catalogue = try ServiceCatalogue([HelloWorld.self, Imitation.self])
        #expect(
            throws: ConfigurationError([
                "HELLO_WORLD_WHOM has two rows, of hello-world and of imitation: rename one"
            ])
        ) { try catalogue.table() }
    }
}
