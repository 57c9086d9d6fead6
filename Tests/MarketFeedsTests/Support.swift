import Foundation
import Market
import Testing

@testable import MarketFeeds

/// Files under `Fixtures/` of the repository.
enum Fixture {
    static func url(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    }

    static func path(_ name: String) -> String { url(name).path(percentEncoded: false) }

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }
}

/// A directory of its own for one test, removed at the end of its life.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "feeds-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// Writes a file and gives its path.
    func write(_ bytes: [UInt8], as name: String = "bars.csv") throws -> String {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path(percentEncoded: false)
    }
}

/// All bars of a table in memory, and the report.
func read(
    _ text: String, _ options: CSVReadOptions = CSVReadOptions()
) throws -> (bars: [Bar], report: CSVReport) {
    try read(Array(text.utf8), options)
}

func read(
    _ bytes: [UInt8], _ options: CSVReadOptions = CSVReadOptions(), blockBytes: Int = 1 << 18
) throws -> (bars: [Bar], report: CSVReport) {
    let reader = try CSVBarReader(
        .memory(bytes: bytes, name: "bars.csv"), options, blockBytes: blockBytes)
    var bars: [Bar] = []
    while let bar = try reader.next() { bars.append(bar) }
    let report = reader.report
    #expect(
        report.rows
            == report.bars + report.identicalDuplicates + report.paddedRows + report.skippedRows)
    #expect(report.bars == bars.count)
    #expect(zip(bars, bars.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp })
    return (bars, report)
}

/// The error that reading a table ends with.
func failure(
    _ text: String, _ options: CSVReadOptions = CSVReadOptions()
) throws -> CSVError {
    try #require(throws: CSVError.self) { _ = try read(text, options) }
}

func failure(
    _ bytes: [UInt8], _ options: CSVReadOptions = CSVReadOptions()
) throws -> CSVError {
    try #require(throws: CSVError.self) { _ = try read(bytes, options) }
}

func time(_ text: String) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else { preconditionFailure("no time: \(text)") }
    return time
}

func day(_ text: String) -> CivilDate {
    guard let day = CivilDate(iso: text) else { preconditionFailure("no day: \(text)") }
    return day
}

extension [Bar] {
    var times: [String] { map(\.timestamp.rfc3339) }
    var closes: [Double] { map(\.close) }

    /// Whether two readings agree bit for bit, `availableAt` included.
    func sayTheSame(as others: [Bar]) -> Bool {
        count == others.count
            && zip(self, others).allSatisfy {
                $0.saysTheSame(as: $1) && $0.availableAt == $1.availableAt
            }
    }
}
