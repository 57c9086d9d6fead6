import Foundation
import Testing

@testable import Hosting

@Suite("Generated documents")
struct ConfigurationDocumentsTests {
    @Test("the examples are valid as they are, uncommented too")
    func examplesLoad() throws {
        try withTemporaryDirectory { directory in
            let commented = try directory.write(
                ConfigurationTable.standard.dotEnvExample, to: ".env")
            let json = try directory.write(ConfigurationTable.standard.jsonExample, to: "c.json")
            let fromFiles = try BloasisConfiguration.load(
                environment: [:], dotEnvPath: commented, configPath: json)
            let fromDefaults = try BloasisConfiguration.load(environment: [:], dotEnvPath: nil)
            #expect(fromFiles.httpPort == fromDefaults.httpPort)
            #expect(fromFiles.settings.map(\.name) == fromDefaults.settings.map(\.name))
            let lines = ConfigurationTable.standard.dotEnvExample.split(separator: "\n")
            let uncommented = lines.map {
                $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0
            }
            let variables = try VariableFiles.dotEnv(
                uncommented.joined(separator: "\n"), path: ".env")
            #expect(variables.map(\.name) == ConfigurationTable.standard.rows.map(\.name))
        }
    }

    @Test("names are unique, every default is valid, every flag is used once")
    func rows() {
        let rows = ConfigurationTable.standard.rows
        #expect(Set(rows.map(\.name)).count == rows.count)
        let flags = rows.compactMap(\.flag)
        #expect(Set(flags).count == flags.count)
        for row in rows {
            #expect(!row.meaning.isEmpty)
            if let text = row.defaultText {
                #expect(row.kind.objection(to: text) == nil, "\(row.name)")
            }
        }
    }
}
