import Contracts
import Evaluation
import Foundation
import Market
import Reporting

/// Where an evaluation is written for those who read it and for programs.
struct EvaluationFolder {
    let path: String
    let about: EvaluationAbout

    /// Makes the directory where there is none.
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .failed,
                "--report \(path): cannot be made: \(error.localizedDescription) Name a directory "
                    + "that can be written")
        }
        guard FileManager.default.isWritableFile(atPath: path) else {
            throw CommandFailure(
                .failed,
                "--report \(path): may not be written: name another directory, or allow it")
        }
    }

    /// - Returns: what was written, by name.
    func write(_ periods: [PeriodEvaluation]) throws -> [(name: String, text: String)] {
        let files = [
            ("report.html", EvaluationPage(about: about, periods: periods).html),
            ("scorecard.csv", ScorecardCSV.scorecards(periods, against: about.against)),
            ("hysteresis.csv", ScorecardCSV.hysteresis(periods)),
            ("report.json", json(periods)),
        ]
        for (name, text) in files {
            try TextFile.write(text, to: path + "/" + name, for: "--report")
        }
        StandardError.note("wrote \(files.map(\.0).joined(separator: ", ")) to \(path)")
        return files
    }

    /// What was typed, for a shell; the directory of the report is left open, so that the report
    /// does not depend on it.
    static func command(_ arguments: [String]) -> String {
        var words = ["bloasis"]
        var isFolder = false
        for argument in arguments.dropFirst() {
            if isFolder {
                words.append("DIR")
            } else if argument.hasPrefix("--report=") {
                words.append("--report=DIR")
            } else {
                words.append(quoted(argument))
            }
            isFolder = argument == "--report"
        }
        return words.joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,+@%".contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'"
            + word.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }

    private func json(_ periods: [PeriodEvaluation]) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("focus", about.focus)
            json.member("against", about.against)
            json.member("command", about.command)
            json.member("seed", String(about.seed))
            json.member("trials", Int64(about.trials))
            json.member("files") { json in
                json.array(about.files) { json, file in
                    json.object { json in
                        json.member("name", file.name)
                        json.member("sha256", file.sha256)
                    }
                }
            }
            json.member("models") { json in
                json.array(about.models) { json, model in
                    json.object { json in
                        json.member("candidate", model.candidate)
                        json.member("specifications") { json in
                            json.array(model.specifications) { $0.string($1) }
                        }
                    }
                }
            }
            json.member("settings") { writeSettings(to: &$0) }
            json.member("evaluations") { EvaluationText.write(periods, to: &$0) }
        }
        return json.text + "\n"
    }

    private func writeSettings(to json: inout JSONWriter) {
        let settings = about.settings
        json.object { json in
            json.member("costBasisPoints", about.costBasisPoints)
            json.member("delayBars", Int64(settings.strategy.delayBars))
            json.member("horizonBars", Int64(settings.horizon))
            json.member("phaseMove", settings.phaseMove)
            json.member("cut", settings.cut?.iso)
            json.member("from", settings.from?.rfc3339)
            json.member("intervalLevel", BootstrapInterval.level)
            if let bootstrap = settings.bootstrap {
                json.member("replicates", Int64(bootstrap.replicates))
                json.member("meanBlockBars", bootstrap.meanBlockBars)
            }
        }
    }
}
