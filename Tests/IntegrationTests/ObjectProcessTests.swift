import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// `bloasis objects`, and what keeps its results there.
@Suite("Objects from the command line", .timeLimit(.minutes(5)))
struct ObjectProcessTests {
    private static let fit = [
        "fit", "--csv", Fixture.spx, "--features", "log_return", "--states", "2", "--starts", "2",
        "--to", "2002-01-01", "--quiet",
    ]

    @Test("a model is kept in a bucket, read again, linked to and deleted")
    func bucket() async throws {
        let moto = try await MotoServer.shared.value
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment.merge([
            "S3_BUCKET": try await moto.bucket(), "S3_ENDPOINT": moto.url,
            "S3_ACCESS_KEY_ID": "test", "S3_SECRET_ACCESS_KEY": "S3cret/42",
        ]) { $1 }
        let out = program.home + "/model.json"
        let fitted = try await program.run(
            Self.fit + ["--out", out, "--upload", "models/spx.json"])
        #expect(fitted.status == 0, "\(fitted.errors)")
        let manifest = try String(contentsOfFile: out, encoding: .utf8)
        let got = try await program.run("objects", "get", "models/spx.json")
        #expect(got.status == 0 && got.output == manifest)
        let link = try await program.run("objects", "link", "models/spx.json", "--seconds", "60")
        let url = try #require(URL(string: String(link.output.dropLast())))
        let (data, response) = try await URLSession.shared.data(from: url)
        #expect(String(decoding: data, as: UTF8.self) == manifest)
        #expect((response as? HTTPURLResponse)?.mimeType == "application/json")
        #expect(try await program.run("objects", "delete", "models/spx.json").status == 0)
        let gone = try await program.run("objects", "get", "models/spx.json")
        #expect(gone.status == 3 && gone.errors.contains("there is no object models/spx.json"))
        let doctor = try await program.run("doctor").output
        #expect(doctor.contains("can be used") && !doctor.contains("S3cret"))
    }

    @Test("without a bucket they are files, and have no links")
    func folder() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let file = try program.file("report.html", "<p>é</p>")
        #expect(try await program.run("objects", "put", file, "reports/a.html").status == 0)
        let out = program.home + "/again.html"
        #expect(
            try await program.run("objects", "get", "reports/a.html", "--out", out).status == 0)
        #expect(try String(contentsOfFile: out, encoding: .utf8) == "<p>é</p>")
        let link = try await program.run("objects", "link", "reports/a.html")
        #expect(link.status == 2 && link.errors.contains("set S3_BUCKET"))
        for wrong in [
            ["put", "a"], ["get", "../a"], ["get", "a", "--seconds", "3"], ["link", "a", "b"],
            ["link", "a", "--seconds", "0"], ["put", file, "/a"],
        ] {
            let outcome = try await program.run(["objects"] + wrong)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(wrong)")
        }
        let missing = try await program.run("objects", "put", "/no/such", "a")
        #expect(missing.status == 1 && missing.errors.contains("/no/such: cannot be read"))
    }

    @Test("a bucket without its key, or that is away, is told with what to do")
    func refused() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment["S3_BUCKET"] = "models"
        let keyless = try await program.run("objects", "get", "a")
        #expect(keyless.status == 2 && keyless.errors.contains("S3_ACCESS_KEY_ID not set"))
        #expect(keyless.errors.contains("S3_SECRET_ACCESS_KEY not set"))
        program.environment["S3_ACCESS_KEY_ID"] = "id"
        program.environment["S3_SECRET_ACCESS_KEY"] = "S3cret/42"
        program.environment["S3_ENDPOINT"] = "http://127.0.0.1:\(try LoopbackPort.free())"
        let away = try await program.run("objects", "get", "a")
        #expect(away.status == 4 && away.errors.contains("bucket models at 127.0.0.1"))
        #expect(away.errors.matches(of: /retry_operation/).count == 2)
        #expect(!away.errors.contains("S3cret"))
    }
}
