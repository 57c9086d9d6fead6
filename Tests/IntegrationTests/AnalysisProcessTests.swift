import Foundation
import TestSupport
import Testing

/// ai-analysis and paper trading in servers, in one process and in several.
@Suite("Analysis and paper trading in servers", .serialized, .timeLimit(.minutes(5)))
struct AnalysisProcessTests {
    @Test("ai-analysis away is told with its host, and nothing else waits for it")
    func away() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let port = try LoopbackPort.free()
        var asking = program
        asking.environment["AI_ANALYSIS_HOST"] = "127.0.0.1"
        asking.environment["AI_ANALYSIS_PORT"] = String(port)
        let regimes = try await Server.start(asking, service: "market-regime")
        for _ in 0..<7 {
            let answer = try await regimes.get("/v1/market-regime/analysis?market=SPX")
            #expect(answer.status == 503)
            #expect(answer.body.contains("Service unavailable: 127.0.0.1:\(port)"))
        }
        #expect(try await regimes.get("/v1/market-regime/current?market=SPX").status == 200)
        #expect(try await regimes.get("/ready").status == 200)

        var serving = program
        serving.environment["HTTP_PORT"] = String(try LoopbackPort.free(besides: port))
        serving.environment["GRPC_PORT"] = String(port)
        let analysis = try Running(serving.process(["serve", "ai-analysis"]))
        #expect(await analysis.errors.wait(for: "Serving"))
        try await eventually {
            try await regimes.get("/v1/market-regime/analysis?market=SPX").status == 200
        }
        let answer = try await regimes.get("/v1/market-regime/analysis?market=SPX").body
        #expect(answer.contains(#""model":"moments-1""#) && answer.contains(#""rationale":"#))
        analysis.signal(SIGTERM)
        #expect(await analysis.outcome().status == 0)
        #expect(try await regimes.stop() == 0)
    }

    @Test("one process answers for strategies: of a regime, of the one in force, of sectors")
    func strategies() async throws {
        var program = try await Program.backfilled()
        defer { program.remove() }
        program.environment["SECTOR_SYMBOLS"] = "energy=SPX"
        let server = try await Server.start(program)
        let body = #"{"regime":"normal_bull","symbols":["SPX"],"capital":50000}"#
        let first = try await server.post("/v1/ai-analysis/strategy", body)
        #expect(first.status == 200 && first.body.contains(#""capital":"50000""#))
        for _ in 0..<3 {
            #expect(try await server.post("/v1/ai-analysis/strategy", body).body == first.body)
        }
        let sectors = try await server.get("/v1/ai-analysis/sectors/energy/strategies")
        #expect(sectors.status == 200 && sectors.body.contains(#""symbols":["SPX"]"#))
        #expect(try await server.get("/v1/market-regime/analysis").status == 200)
        let wrong = try await server.post(
            "/v1/ai-analysis/strategy", #"{"regime":"boom","symbols":["SPX"]}"#)
        #expect(wrong.status == 400 && wrong.body.contains("Must be one of: crisis"))
        #expect(try await server.stop() == 0)
    }

    @Test("a provider that is chosen without its key is told before anything starts")
    func noKey() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        for (provider, variable) in [
            ("fingpt", "FINGPT_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY"),
        ] {
            program.environment["LANGUAGE_MODEL"] = provider
            for arguments in [["serve"], ["serve", "ai-analysis"]] {
                let outcome = try await program.run(arguments)
                #expect(outcome.status == 2 && outcome.output.isEmpty)
                #expect(outcome.errors.contains("\(variable) not set"), "\(outcome.errors)")
            }
            program.environment[variable] = "sk-S3 cret"
            program.environment["LANGUAGE_MODEL_URL"] = "http://far.example"
            let odd = try await program.run("serve")
            #expect(odd.status == 2 && odd.errors.contains("must be a key of visible characters"))
            #expect(odd.errors.contains("in plain text") && !odd.errors.contains("cret"))
            program.environment[variable] = nil
            program.environment["LANGUAGE_MODEL_URL"] = nil
            // Whoever asks no model needs no key.
            #expect(try await program.run("current", "--market", "SPX").status == 3)
        }
    }

    @Test("a model's shares within the limits are taken, once, over a restart and without it")
    func advised() async throws {
        let comment = #"{"comment":"Half is enough","weights":{"SPX":0.07}}"#
        let escaped = comment.replacing(#"""#, with: #"\""#)
        // Each start asks whether the model is there.
        let present = ModelServer.Reply.answer(status: 200, body: "{}")
        let model = try ModelServer(
            present,
            .answer(status: 529, body: #"{"error":{"message":"later","type":"overloaded"}}"#),
            .events([
                #"data: {"model":"fingpt-mt","choices":[{"delta":{"content":"\#(escaped)"}}]}"#,
                #"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
                #"data: {"choices":[],"usage":{"prompt_tokens":400,"completion_tokens":20}}"#,
                "data: [DONE]",
            ]),
            present, .hangUp)
        var program = try await Program.backfilled()
        defer { program.remove() }
        program.environment.merge([
            "LANGUAGE_MODEL": "fingpt", "FINGPT_API_KEY": "sk-S3cret",
            "LANGUAGE_MODEL_URL": model.url + "/v1", "LANGUAGE_MODEL_PRICES": "1/2",
            "LANGUAGE_MODEL_BUDGET": "1",
        ]) { $1 }
        let body = #"{"regime":"normal_bull","symbols":["SPX"],"riskProfile":"aggressive"}"#
        var server = try await Server.start(program)
        let first = try await server.post("/v1/ai-analysis/strategy", body).body
        #expect(first.contains(#""verdict":"APPLIED","comment":"Half is enough""#), "\(first)")
        #expect(first.contains(#""target":0.07"#))
        #expect(first.contains(#""model":"moments-1+fingpt/fingpt""#))
        let metrics = try await server.get("/metrics").body
        let cost = #"language_model_cost_dollars_total{model="fingpt/fingpt"} 0.00044"#
        #expect(metrics.contains(cost))
        server.running.signal(SIGTERM)
        let stopped = await server.running.outcome()
        #expect(stopped.status == 0 && stopped.errors.contains("retry_operation"))
        #expect(!stopped.errors.contains("S3cret"))
        server = try await Server.start(program)
        #expect(try await server.post("/v1/ai-analysis/strategy", body).body == first)
        let other = body.replacing("normal_bull", with: "crisis")
        let away = try await server.post("/v1/ai-analysis/strategy", other).body
        #expect(away.contains(#""verdict":"UNAVAILABLE""#))
        #expect(away.contains(#""model":"moments-1""#))
        #expect(try await server.stop() == 0)
        let requests = model.requests
        #expect(requests.count == 7, "the known question was not asked again")
        #expect(requests.allSatisfy { $0.headers["authorization"] == "Bearer sk-S3cret" })
        #expect(requests[1].body.contains("normal_bull"))
        let doctor = try await program.run("doctor").output
        #expect(doctor.contains("language model") && doctor.contains("no answer"))
    }

    @Test("a portfolio acts on the latest change, bars fill it, its user is told and has it")
    func live() async throws {
        let program = try await Program.backfilled("--emit")
        defer { program.remove() }
        let server = try await Server.start(program)
        let asked = #"{"portfolioId":"core","market":"SPX","riskProfile":"aggressive"}"#
        let opened = try await server.post("/v1/users/ann/paper-portfolios", asked)
        #expect(opened.status == 200, "\(opened.body)")
        #expect(try await server.post("/v1/users/ann/paper-portfolios", asked).status == 200)
        let decisions = "/v1/users/ann/paper-portfolios/core/decisions"
        // Years of changes at once: all but the latest are too old to be traded on.
        try await program.announce(lines: 1_000)
        let last = try await program.run("changes", "--market", "SPX", "--json").output
            .matches(of: /"sequence":"(\d+)"/).last
        let sequence = try #require(last).output.1
        try await eventually {
            try await server.get(decisions).body.contains(#"{"sequence":"\#(sequence)""#)
        }
        #expect(
            try await server.get(decisions).body.contains("orders of an older regime are refused"))
        try await eventually {
            try await server.get(decisions).body.contains(#""status":"filled""#)
        }
        let portfolio = try await server.get("/v1/users/ann/portfolio").body
        #expect(portfolio.contains(#""symbol":"SPX""#))
        try await eventually {
            try await server.get("/v1/notifications?user_id=ann").body.contains("paper-")
        }
        let listed = try await server.get("/v1/users/ann/paper-portfolios").body
        #expect(listed.contains(#""holdings":[{"symbol":"SPX""#))
        let closed = try await server.post(
            "/v1/users/ann/paper-portfolios/core", "", method: "DELETE")
        #expect(closed.status == 200 && closed.body.contains(#""closed":true"#))
        #expect(try await server.get("/v1/users/bob/paper-portfolios").body == #"{"items":[]}"#)
        let forged = try await server.post(
            "/v1/orders/fills",
            """
            {"fillId":"paper-1","orderId":"o","userId":"eve","symbol":"SPX","side":"buy",\
            "filledQty":1,"filledPrice":1,"currency":"USD","timestamp":"2003-01-02T15:00:00Z"}
            """)
        #expect(forged.status == 400 && forged.body.contains("begins with 'paper-'"))
        #expect(try await server.stop() == 0)
    }
}
