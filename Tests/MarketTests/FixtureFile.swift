import Foundation
import Market
import Testing

/// A comma-separated file below `Fixtures/`, without its header.
struct FixtureFile {
    let rows: [[String]]

    init(_ path: String, header: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/\(path)").standardizedFileURL
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        try #require(lines.first.map(String.init) == header, "\(path) begins otherwise")
        rows = lines.dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        try #require(!rows.isEmpty, "\(path) has no rows")
    }
}

func date(_ iso: String) throws -> CivilDate {
    try #require(CivilDate(iso: iso), "\(iso) is no date")
}

func instant(_ rfc3339: String) throws -> Timestamp {
    try #require(Timestamp(rfc3339: rfc3339), "\(rfc3339) is no instant")
}

/// Every day from one to another, both included.
func days(_ first: String, _ last: String) throws -> [CivilDate] {
    try (date(first).daysSinceEpoch...date(last).daysSinceEpoch).map(
        CivilDate.init(daysSinceEpoch:))
}
