import Foundation
import TestSupport
import Testing

@testable import Compression

@Suite("gzip")
struct GzipTests {
    /// What gzip itself makes of it.
    private func expanded(_ bytes: [UInt8]) throws -> [UInt8] {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let writing = Thread {
            try? input.fileHandleForWriting.write(contentsOf: bytes)
            try? input.fileHandleForWriting.close()
        }
        writing.start()
        let expanded = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(expanded)
    }

    @Test("gzip expands it to the same bytes", arguments: [1_024, 70_000, 3_000_000])
    func roundTrip(count: Int) throws {
        var generator = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 97...104, using: &generator) }
        let compressed = try #require(Gzip.compressed(bytes))
        #expect(compressed.count < bytes.count)
        #expect(try expanded(compressed) == bytes)
    }

    @Test("what would not get smaller stays as it is")
    func incompressible() {
        var generator = SplitMix64(seed: 7)
        let bytes = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(Gzip.compressed(bytes) == nil)
        #expect(Gzip.compressed([]) == nil)
    }
}
