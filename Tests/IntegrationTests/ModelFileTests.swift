import Foundation
import Testing

@Suite("fit and classify")
struct ModelFileTests {
    private struct Line: Decodable {
        let timestamp: String
        let stateProbabilities: [Double]?
        let state: Int?
        let regime: String
    }

    private func lines(_ text: String) throws -> [Line] {
        try text.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    @Test(
        "filtered answers of a file's first half do not depend on the second",
        arguments: [
            ["--model", "hmm", "--states", "3", "--features", "log_return"], ["--model", "hmm"],
            ["--model", "rules"], ["--model", "markov", "--states", "2", "--starts", "4"],
            ["--model", "jump"], ["--model", "jump-continuous", "--starts", "4"],
            ["--model", "jump-sparse", "--starts", "4"],
        ])
    func causal(arguments: [String]) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let model = program.home + "/model.json"
        let fit = try await Program.finish(
            program.process(["fit", "--csv", Fixture.spx, "--out", model, "--json"] + arguments))
        #expect(fit.status == 0, "\(fit.errors)")
        #expect(fit.output.contains("\"modelVersion\""))
        let text = try Fixture.text(Fixture.spx).split(separator: "\n")
        let half = try program.file("half.csv", text.prefix(2_516).joined(separator: "\n") + "\n")
        let all = try await program.run(
            "classify", "--model", model, "--csv", Fixture.spx, "--posterior", "filter",
            "--json-lines")
        let part = try await program.run(
            "classify", "--model", model, "--csv", half, "--posterior", "filter", "--json-lines")
        #expect(all.status == 0)
        #expect(part.output.split(separator: "\n").count == 2_515)
        #expect(all.output.hasPrefix(part.output))
    }

    @Test("posteriors are probabilities; smoothing and the path have a state where the filter has")
    func posteriors() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let model = program.home + "/model.json"
        let fit = try await program.run(
            "fit", "--csv", Fixture.spx, "--features", "log_return", "--states", "2", "--out", model
        )
        #expect(fit.status == 0)
        for posterior in ["filter", "smooth", "viterbi"] {
            let outcome = try await program.run(
                "classify", "--model", model, "--csv", Fixture.spx, "--posterior", posterior,
                "--json-lines")
            let parsed = try lines(outcome.output)
            #expect(parsed.count == 5_031)
            // The first bar has no return, so the chain starts at the second.
            #expect(parsed[0].state == nil)
            for line in parsed.dropFirst() {
                let sum = try #require(line.stateProbabilities).reduce(0, +)
                #expect(abs(sum - 1) < 1e-12)
            }
        }
    }

    @Test("a manifest that was edited, cut or is no manifest is refused with the reason")
    func tampered() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let model = program.home + "/model.json"
        _ = try await program.run(
            "fit", "--csv", Fixture.spx, "--features", "log_return", "--states", "2", "--out", model
        )
        let text = try Fixture.text(model)
        let edited = text.replacing("\"start\":[", with: "\"start\":[0.5,", maxReplacements: 1)
        for (name, content) in [
            ("edited.json", edited), ("cut.json", String(text.prefix(text.count / 2))),
            ("other.json", "{}"),
        ] {
            let path = try program.file(name, content)
            let outcome = try await program.run(
                "classify", "--model", path, "--csv", Fixture.spx)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(name))
        }
    }
}
