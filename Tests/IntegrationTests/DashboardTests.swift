import Foundation
import Testing

/// Debian's Chromium, driven by the programs in `Tests/Browser`, on servers of their own. Pictures
/// of every view are left in `.build/screenshots`.
@Suite("The dashboard in a browser", .timeLimit(.minutes(20)))
struct DashboardTests {
    /// What unittest prints between two tests that fail.
    private static let rule = String(repeating: "=", count: 70)

    @Test("says what the API says, looks as it should, and can be used by everybody")
    func everyPart() async throws {
        let process = Process()
        process.executableURL = URL(
            filePath: try await IndependentClient.interpreter(of: "install-test-browser.sh"))
        process.arguments = [
            "-B", IndependentClient.root.appending(path: "Tests/Browser/run.py").path,
            "--program", Program.executable.path,
        ]
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let outcome = try await Program.finish(process)
        // The first piece lists all tests; each further one tells of a fault.
        for fault in outcome.errors.components(separatedBy: Self.rule).dropFirst() {
            Issue.record("\(fault.prefix(4_000))")
        }
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
    }
}
