import CoreMetrics
import Gateway
import HTTPServing
import HTTPTypes
import Hosting
import HummingbirdTesting
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("Requests are counted, timed and logged")
struct ObservationTests {
    @Test("one counter and one timer by method, route and status")
    func metrics() async throws {
        let recorder = RecordingMetrics()
        try await withMetricsFactory(recorder) {
            let fixture = GatewayFixture()
            _ = try await fixture.get("/health")
            _ = try await fixture.get("/v1/market-regime/models/zzz")
            _ = try await fixture.get("/nowhere")
            _ = try await fixture.send(try #require(.init("BREW")), "/health")
        }
        let expected = [
            "method=GET,route=/health,status=200",
            "method=GET,route=/v1/market-regime/models/{version},status=404",
            "method=GET,route=NotFound,status=404", "method=other,route=NotFound,status=405",
        ]
        #expect(
            recorder.recorded.withLock { $0 }
                == expected.flatMap {
                    ["http_server_requests{\($0)}", "http_server_request_duration{\($0)}"]
                })
    }

    @Test("one line per request, with its duration and trace; probes at debug")
    func log() async throws {
        let log = RecordedLog()
        var fixture = GatewayFixture()
        fixture.logger = log.logger(provider: .ofCall)
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let name = try #require(HTTPField.Name("traceparent"))
        _ = try await fixture.get(
            "/v1/market-regime/current", headers: [name: "00-\(trace)-00f067aa0ba902b7-01"])
        _ = try await fixture.get("/health", headers: [name: "00-\(trace.uppercased())-1-01"])
        let logged = log.lines.filter { $0.message == "request handled" }
        try #require(logged.count == 2)
        #expect(logged[0].level == .info && logged[1].level == .debug)
        #expect(logged[0].metadata["trace_id"] == "\(trace)")
        #expect(logged[0].metadata["route"] == "/v1/market-regime/current")
        #expect(logged[0].metadata["status"] == "200")
        let duration = try #require(logged[0].metadata["duration_ms"]).description
        #expect(try #require(Double(duration)) >= 0)
        let begun = try #require(logged[1].metadata["trace_id"]).description
        #expect(begun.count == 32 && begun != trace, "a malformed context begins a trace")
    }
}

/// Remembers which metrics were recorded, in order.
private final class RecordingMetrics: MetricsFactory {
    let recorded = Mutex<[String]>([])

    private func record(_ label: String, _ dimensions: [(String, String)]) {
        let names = dimensions.map { "\($0)=\($1)" }.joined(separator: ",")
        recorded.withLock { $0.append("\(label){\(names)}") }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler { self.record(label, dimensions) }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler { self.record(label, dimensions) }
    }

    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: CounterHandler, TimerHandler {
        let onRecord: @Sendable () -> Void

        init(_ onRecord: @escaping @Sendable () -> Void) {
            self.onRecord = onRecord
        }

        func increment(by: Int64) { onRecord() }
        func reset() {}
        func recordNanoseconds(_ duration: Int64) { onRecord() }
    }
}
