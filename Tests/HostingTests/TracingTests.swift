import Hosting
import Ports
import Testing

@Suite("Spans' names")
struct TracingTests {
    @Test("never come twice, and a child stays in its trace")
    func names() {
        let traces = (0..<10_000).map { _ in Tracing.span(within: nil) }
        #expect(Set(traces.map(\.traceID)).count == traces.count)
        #expect(Set(traces.map(\.spanID)).count == traces.count)
        for trace in traces.prefix(100) {
            let child = Tracing.span(within: trace)
            #expect(child.traceID == trace.traceID && child.spanID != trace.spanID)
        }
    }
}
