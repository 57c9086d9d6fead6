import ArgumentParser
import Contracts
import Foundation
import Hosting
import Terminal

struct DoctorCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks the installation and says what is in force; secrets are masked.",
        discussion: """
            Of each part: whether it works, what it is for, and what to do when it does
            not. A dash stands before what is not set up: nothing is wrong with that.
            Vendors are not asked for bars: that may cost.

            Exit code 4 when the store cannot be used or a check fails.

            EXAMPLES
              bloasis doctor
              bloasis doctor --json
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let checks = await ProgressClock.around("looking at every part") { _ in
            await Examination(configuration).checks()
        }
        StandardOutput.write(
            json
                ? DoctorText.json(checks, configuration)
                : DoctorText.text(checks, configuration, Display.output))
        if checks.contains(where: { !$0.isHealthy }) {
            StandardOutput.flush()
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }
}

/// What `doctor` found out about one part.
struct DoctorCheck {
    enum State {
        case works, failed
        /// Nothing asks for it.
        case notSetUp
    }

    let name: String
    let state: State
    let detail: String
    /// What the part is for.
    let purpose: String
    /// What to do, or what would set it up.
    var fix: String?

    var isHealthy: Bool { state != .failed }
}

/// What `doctor` prints.
enum DoctorText {
    static func text(
        _ checks: [DoctorCheck], _ configuration: BloasisConfiguration, _ style: TerminalStyle
    ) -> String {
        var table = TextTable([
            ("", .left), ("check", .left), ("", .left), ("what it is for", .left),
        ])
        for check in checks {
            table.append([
                mark(check.state), StyledText(check.name), StyledText(check.detail),
                StyledText(check.purpose, .faint),
            ])
        }
        var settings = TextTable([("variable", .left), ("value", .left), ("from", .left)])
        for setting in configuration.settings where setting.shown != nil {
            settings.append([setting.name, setting.shown ?? "", setting.source])
        }
        return table.text(style) + fixes(checks, style) + "\n" + settings.text(style)
    }

    /// First what must be done, then what can be.
    private static func fixes(_ checks: [DoctorCheck], _ style: TerminalStyle) -> String {
        func list(_ title: String, _ state: DoctorCheck.State, _ ink: Ink) -> String {
            let lines = checks.filter { $0.state == state }.compactMap { check in
                check.fix.map { StyledText("  \(check.name): ", ink) + StyledText($0) }
            }
            guard !lines.isEmpty else { return "" }
            return "\n"
                + ([StyledText(title, .strong)] + lines)
                .map { $0.rendered(style) + "\n" }.joined()
        }
        return list("to do", .failed, .bad) + list("not set up", .notSetUp, .faint)
    }

    private static func mark(_ state: DoctorCheck.State) -> StyledText {
        switch state {
        case .works: StyledText("ok", .good)
        case .failed: StyledText("FAILED", .bad)
        case .notSetUp: StyledText("-", .faint)
        }
    }

    static func json(_ checks: [DoctorCheck], _ configuration: BloasisConfiguration) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("checks") { json in
                json.array(checks) { json, check in
                    json.object { json in
                        json.member("name", check.name)
                        json.member("healthy", check.isHealthy)
                        json.member("detail", check.detail)
                        json.member("configured", check.state != .notSetUp)
                        json.member("purpose", check.purpose)
                        if let fix = check.fix, check.state != .works { json.member("fix", fix) }
                    }
                }
            }
            json.member("settings") { json in
                json.array(configuration.settings) { json, setting in
                    json.object { json in
                        json.member("name", setting.name)
                        json.member("value", setting.shown)
                        json.member("source", setting.source)
                    }
                }
            }
        }
        return json.text + "\n"
    }
}
