import ArgumentParser
import Hosting

struct MigrateCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the store to this version's schema; safe to run again.",
        discussion: """
            Every verb that opens the store does this too; the verb is for doing it on
            its own.

            EXAMPLES
              bloasis migrate
              bloasis migrate --home desk --json
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        try await Assembly.with(configuration, settingRetention: true) { assembly in
            let version = try await assembly.storage.schemaVersion()
            let applied = assembly.storage.appliedMigrations
            let list = applied.map(String.init).joined(separator: ",")
            StandardOutput.line(
                json
                    ? #"{"schemaVersion":\#(version),"applied":[\#(list)]}"#
                    : "schema version \(version), "
                        + (applied.isEmpty ? "up to date" : "applied: \(list)"))
        }
    }
}
