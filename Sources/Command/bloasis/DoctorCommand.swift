import ArgumentParser
import Contracts
import Foundation
import Hosting
import Kernels
import Market
import Ports
import Regimes

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks the installation and says what is in force; secrets are masked.",
        discussion: """
            Exit code 4 when the store cannot be used or a check fails.

            EXAMPLES
              bloasis doctor
              bloasis doctor --json
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    struct Check {
        let name: String
        let isHealthy: Bool
        let detail: String
    }

    func run() async throws {
        let configuration = try common.configuration()
        let checks = await DoctorCommand.checks(configuration)
        StandardOutput.write(
            json
                ? DoctorCommand.json(checks, configuration)
                : DoctorCommand.text(checks, configuration))
        if checks.contains(where: { !$0.isHealthy }) {
            StandardOutput.flush()
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }

    private static func checks(_ configuration: BloasisConfiguration) async -> [Check] {
        var checks = [
            Check(name: "version", isHealthy: true, detail: Version.text),
            Check(name: "kernels", isHealthy: true, detail: kernels),
        ]
        do {
            checks += try await Assembly.with(configuration) { try await storeChecks($0) }
        } catch {
            checks.append(Check(name: "store", isHealthy: false, detail: "\(error)"))
        }
        return checks
    }

    /// The arithmetic, the set of kernels in use, and which others this processor runs.
    private static var kernels: String {
        let others = KernelSet.available.map(\.name).joined(separator: ", ")
        return "\(KernelVersion.current), \(KernelSet.current.name) of \(others)"
    }

    private static func storeChecks(_ assembly: Assembly) async throws -> [Check] {
        let version = try await assembly.storage.schemaVersion()
        let faults = try await assembly.storage.integrityFaults()
        let lag = try await assembly.store.lag()
        var checks = [
            Check(
                name: "store", isHealthy: true,
                detail: "\(assembly.storage.location), schema version \(version)"),
            Check(
                name: "integrity", isHealthy: faults.isEmpty,
                detail: faults.isEmpty ? "sound" : faults.joined(separator: "; ")),
            Check(name: "outbox", isHealthy: true, detail: "\(lag.pending) rows waiting"),
        ]
        for head in try await assembly.store.heads() {
            let last = head.lastAsOf?.rfc3339 ?? "no assessment yet"
            let overridden = head.override.map {
                ", overridden to \($0.regime) until \($0.order.expiresAt)"
            }
            checks.append(
                Check(
                    name: "series \(head.profile.series)", isHealthy: true,
                    detail: "\(head.lastRegime) as of \(last), calendar "
                        + head.profile.calendar.rawValue + (overridden ?? "")))
        }
        return checks
    }

    private static func text(_ checks: [Check], _ configuration: BloasisConfiguration) -> String {
        var table = TextTable([("", .left), ("check", .left), ("", .left)])
        for check in checks {
            table.append([check.isHealthy ? "ok" : "FAILED", check.name, check.detail])
        }
        var settings = TextTable([("variable", .left), ("value", .left), ("from", .left)])
        for setting in configuration.settings where setting.shown != nil {
            settings.append([setting.name, setting.shown ?? "", setting.source])
        }
        return table.text + "\n" + settings.text
    }

    private static func json(_ checks: [Check], _ configuration: BloasisConfiguration) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("checks") { json in
                json.array(checks) { json, check in
                    json.object { json in
                        json.member("name", check.name)
                        json.member("healthy", check.isHealthy)
                        json.member("detail", check.detail)
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
