import Foundation
import Hosting
import TestSupport
import Testing

@testable import bloasis

@Suite("The reference of the configuration")
struct ConfigurationReferenceTests {
    @Test("documents and examples are what the tables of the program and its services say")
    func committed() throws {
        for (path, text) in try Catalogue.byName.get().table().documents {
            try GeneratedDocument.expect(text, at: path)
        }
    }

    @Test("every variable of every service is in them, and the examples are valid")
    func complete() throws {
        let table = try Catalogue.byName.get().table()
        let documents = table.documents.map(\.text)
        for row in table.rows {
            #expect(documents[0].contains("| `\(row.name)` |"), "\(row.name)")
            #expect(documents[1].contains("\n#\(row.name)="), "\(row.name)")
        }
        let names = Set(table.rows.map(\.name))
        #expect(names.isSuperset(of: ["POLL_FEED", "BACKFILL_WORKER_FILES", "VERIFY_CLOSED_DAYS"]))
        let example = GeneratedDocument.repository
            .appending(path: "Configurations/bloasis.example.json")
        let fromFile = try BloasisConfiguration.load(
            table: table, environment: [:], dotEnvPath: nil, configPath: example.path)
        let fromDefaults = try BloasisConfiguration.load(
            table: table, environment: [:], dotEnvPath: nil)
        #expect(
            fromFile.settings.map(\.shown).dropFirst()
                == fromDefaults.settings.map(\.shown).dropFirst())
    }
}
