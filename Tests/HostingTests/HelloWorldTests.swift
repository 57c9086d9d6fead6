import Hosting
import Logging
import Testing
import UnixSignals

@Suite("Hello, world")
struct HelloWorldTests {
    @Test("greets whom it is told to, and stops on SIGTERM")
    func life() async throws {
        let catalogue = try ServiceCatalogue([HelloWorld.self])
        let configuration = try BloasisConfiguration.load(
            table: catalogue.table(), environment: ["HELLO_WORLD_WHOM": "Ada"], dotEnvPath: nil)
        let process = ServiceProcess(
            name: "test", values: configuration.values,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            // However slow the machine is: the other tests go on.
            exitAtOnce: { _ in })
        let hello = try process.declare(catalogue.entry(named: "hello-world"))

        let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
        async let run: Void = process.run(stoppingOn: signals)
        for await status in process.status.snapshots()
        where status.find("test.hello-world")?.own.detail == "said hello to Ada" {
            break
        }
        signal.yield(.sigterm)
        try await run
        #expect(hello.life.state == .stopped)
    }
}
