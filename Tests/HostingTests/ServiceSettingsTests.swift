import Testing

@testable import Hosting

private struct DeskSettings: ServiceSettings {
    static let keys = [
        ConfigurationKey("DESK_NAME", .text, meaning: "Its name."),
        ConfigurationKey("DESK_SEATS", .count, default: "4", meaning: "Its seats."),
        ConfigurationKey("DESK_KEY", .text, secret: true, meaning: "Its key."),
        ConfigurationKey("DESK_NOTE", .text, meaning: "A note."),
    ]

    let name: String
    let seats: Int
    let key: Redacted<String>
    let note: String?
    let market: String

    init(_ reader: inout ConfigurationReader) {
        name = reader.text("DESK_NAME")
        seats = reader.integer("DESK_SEATS", in: 2...9)
        key = reader.value("DESK_KEY", as: "8 characters", standIn: Redacted("")) {
            $0.count == 8 ? Redacted($0) : nil
        }
        note = reader.optional("DESK_NOTE", as: "a text") { $0 }
        market = reader.text("DEFAULT_MARKET")
        reader.require(
            name.count <= seats, "DESK_NAME is longer than DESK_SEATS says: shorten it")
    }
}

private struct Undeclared: ServiceSettings {
    init(_ reader: inout ConfigurationReader) { _ = reader.text("DESK_LAMP") }
}

@Suite("Settings of services")
struct ServiceSettingsTests {
    private func values(_ environment: [String: String]) throws -> ConfigurationValues {
        let table = try ConfigurationTable(adding: [(name: "desk", keys: DeskSettings.keys)])
        return try BloasisConfiguration.load(
            table: table, environment: environment, dotEnvPath: nil
        ).values
    }

    private func problems(_ environment: [String: String]) throws -> [String] {
        let values = try values(environment)
        do {
            _ = try values.read(DeskSettings.self)
            return []
        } catch {
            return error.problems
        }
    }

    @Test("values of its own and of the program, defaults among them")
    func reading() throws {
        let settings = try values(["DESK_NAME": "fx", "DESK_KEY": "12345678"])
            .read(DeskSettings.self)
        #expect(settings.name == "fx")
        #expect(settings.seats == 4)
        #expect(settings.key.exposed == "12345678")
        #expect(settings.note == nil)
        #expect(settings.market == "SPX")
    }

    @Test("all problems at once, each with its variable and source; no secret among them")
    func problems() throws {
        #expect(
            try problems(["DESK_SEATS": "10", "DESK_KEY": "hunter2"]) == [
                "DESK_NAME not set: must be a text",
                "DESK_SEATS from environment: '10' is not valid: "
                    + "must be a whole number from 2 to 9",
                "DESK_KEY from environment: is not valid: must be 8 characters",
            ])
        #expect(
            try problems(["DESK_NAME": "equity", "DESK_KEY": "12345678"]) == [
                "DESK_NAME is longer than DESK_SEATS says: shorten it"
            ])
        for seats in ["2", "9"] {
            let environment = ["DESK_NAME": "fx", "DESK_KEY": "12345678", "DESK_SEATS": seats]
            #expect(try problems(environment).isEmpty)
        }
    }

    @Test("a variable without a row is one")
    func undeclared() throws {
        let values = try values([:])
        #expect(throws: ConfigurationError(["DESK_LAMP is not a variable: declare its row"])) {
            try values.read(Undeclared.self)
        }
    }

    @Test("printing the values shows none")
    func secrecy() throws {
        let values = try values(["DESK_KEY": "hunter2"])
        #expect(values.find("DESK_KEY")?.text == "hunter2")
        #expect(!"\(values)".contains("hunter2"))
        #expect(!String(reflecting: values).contains("hunter2"))
    }

    @Test("a service's rows are variables like others: checked at start, misspelling told")
    func policy() throws {
        #expect(throws: ConfigurationError.self) { try values(["DESK_SEATS": "0"]) }
        let table = try ConfigurationTable(adding: [
            (
                name: "desk",
                keys: [ConfigurationKey("BLOASIS_DESK", .text, meaning: "A desk.")]
            )
        ])
        func load(_ environment: [String: String]) throws {
            _ = try BloasisConfiguration.load(
                table: table, environment: environment, dotEnvPath: nil)
        }
        try load(["BLOASIS_DESK": "fx"])
        #expect(
            throws: ConfigurationError([
                "environment: BLOASIS_DESKS is not a variable (did you mean BLOASIS_DESK?): "
                    + "unset it"
            ])
        ) { try load(["BLOASIS_DESKS": "fx"]) }
        #expect(table.dotEnvExample.contains("#BLOASIS_DESK=\n"))
    }

    @Test("one variable, two owners: an error that names both")
    func duplicates() {
        let key = ConfigurationKey("DESK_NAME", .text, flag: "--home", meaning: "Its name.")
        #expect(
            throws: ConfigurationError([
                "--home has two rows, of the program and of desk: rename one",
                "DESK_NAME has two rows, of desk and of room: rename one",
            ])
        ) {
            try ConfigurationTable(adding: [
                (name: "desk", keys: [key]),
                (name: "room", keys: [ConfigurationKey("DESK_NAME", .text, meaning: "Its name.")]),
            ])
        }
    }
}
