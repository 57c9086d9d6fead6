/// The documents that are made from a table, so that they cannot say something else.
extension ConfigurationTable {
    /// Documents by their path in the repository.
    package var documents: [(path: String, text: String)] {
        [
            ("Documentation/CONFIGURATION.md", markdown),
            (".env.example", dotEnvExample),
            ("Configurations/bloasis.example.json", jsonExample),
        ]
    }

    /// `Documentation/CONFIGURATION.md`.
    package var markdown: String {
        var text = """
            # Configuration

            Made from the tables in the code by `make docs`; edit those, not this page.

            A variable is taken from the first of: command-line flag, environment, `.env` in the
            working directory, the JSON file that `--config` or `BLOASIS_CONFIG` names, default.
            An empty value counts as unset. An invalid value anywhere, an unknown name in a file
            and an unknown `BLOASIS_…` name in the environment are errors at start. Secrets are
            masked wherever they could be shown.


            """
        text += table(of: own)
        for (service, keys) in services {
            text += """

                ## Of \(service)

                Checked in every process, read by `\(service)` in one that runs it.


                """
            text += table(of: keys)
        }
        return text + """

            ## Ports

            A service's own port variable (`MARKET_REGIME_HTTP_PORT`) counts where neither
            `HTTP_PORT` nor `GRPC_PORT` says otherwise for the process. No two services may have
            one port.

            """
    }

    /// The program's own rows: those that no service adds.
    private var own: [ConfigurationKey] {
        let added = Set(services.flatMap(\.keys).map(\.name))
        return rows.filter { !added.contains($0.name) }
    }

    private func table(of rows: [ConfigurationKey]) -> String {
        var text = "| variable | flag | default | values | meaning |\n|---|---|---|---|---|\n"
        for row in rows {
            let cells = [
                "`\(row.name)`", row.flag.map { "`\($0)`" } ?? "",
                row.defaultText.map { "`\($0)`" } ?? "unset", row.kind.expectation,
                row.meaning + note(on: row),
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private func note(on row: ConfigurationKey) -> String {
        let secret = row.isSecret ? " Secret." : ""
        return switch row.availability {
        case .available: secret
        case .planned: secret + " *Not available in this version: setting it is an error.*"
        }
    }

    /// `.env.example`: every variable, all commented out, each with its default.
    package var dotEnvExample: String {
        var text = """
            # Every variable, with its default. Copy to .env and uncomment what should differ.
            # Documentation/CONFIGURATION.md says what they mean. Made by `make docs`.

            """
        for row in rows {
            text += "\n# " + row.meaning + note(on: row).replacing("*", with: "") + "\n"
            text += "#\(row.name)=\(row.defaultText ?? "")\n"
        }
        return text
    }

    /// `Configurations/bloasis.example.json`: every available variable that has a default.
    package var jsonExample: String {
        let members = rows.filter { $0.availability == .available }.compactMap { row in
            row.defaultText.map { text in
                let value = row.kind == .port ? text : JSONText.quoted(text)
                return "  \(JSONText.quoted(row.name)): \(value)"
            }
        }
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }
}
