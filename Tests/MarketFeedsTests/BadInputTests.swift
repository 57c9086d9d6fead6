import Foundation
import Market
import Testing

@testable import MarketFeeds

/// Every way a file can be wrong, and that the error says where and what to do.
@Suite("Bad CSV files")
struct BadInputTests {
    private func open(_ path: String) throws -> CSVError {
        try #require(throws: CSVError.self) { _ = try CSVBarReader(path: path) }
    }

    @Test func filesThatAreNone() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.url.appending(path: "none.csv").path(percentEncoded: false)
        #expect(try open(missing).problem == .missing)
        #expect("\(try open(missing))" == "\(missing): no such file; check the path")
        #expect(try open(directory.url.path(percentEncoded: false)).problem == .directory)
        #expect(try open(directory.write([])).problem == .empty)
        let through = try directory.write([65], as: "file") + "/bars.csv"
        guard case .unreadable = try open(through).problem else {
            Issue.record("a file taken for a directory")
            return
        }
    }

    @Test(
        arguments: [
            ([], .empty),
            (Array("\u{feff}".utf8), .empty),
            (Array("\n \r\n".utf8), .empty),
            (Array("date,close\n".utf8), .noRows),
            (Array("date,close".utf8), .noRows),
            ([0xff, 0xfe, 0x64, 0x00], .utf16),
            ([0xfe, 0xff, 0x00, 0x64], .utf16),
            ([0x64, 0x00, 0x61, 0x00], .binary),
            (Array("date,close\n2018-12-27,1\0\n".utf8), .binary),
            ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], .binary),
            (
                Array("PK\u{3}\u{4}....".utf8),
                .foreignFormat(name: "a zip archive or an Excel workbook")
            ),
            (Array("<!DOCTYPE html>".utf8), .foreignFormat(name: "a web page")),
            (Array("date\n2018-12-27\n".utf8), .singleColumn),
            (Array("2018-12-27,1\n2018-12-28,2\n".utf8), .noHeader),
            (Array("day,close\n".utf8), .missingColumn(wanted: "date", found: ["day", "close"])),
            (
                Array("date,open,high,low\n2018-12-27,1,1,1\n".utf8),
                .missingColumn(wanted: "close", found: ["date", "open", "high", "low"])
            ),
            (Array("date,close,Close\n2018-12-27,1,1\n".utf8), .repeatedColumn(other: 2)),
            (Array("date,close\n2018-12-27,\"1\n2018-12-28,2\n".utf8), .openQuote),
        ] as [([UInt8], CSVProblem)])
    func tablesThatAreNone(_ bytes: [UInt8], _ problem: CSVProblem) throws {
        for policy in BadRowPolicy.allCases {
            let error = try failure(bytes, CSVReadOptions(onBadRow: policy))
            #expect(error.problem == problem)
            #expect(error.file == "bars.csv")
            #expect(!error.problem.description.isEmpty)
        }
    }

    static let header = "date,open,high,low,close,volume\n2018-12-26,1,4,1,2,10\n"

    @Test(arguments: [
        ("2018-12-27,1,1,4,2,10", 3, "high: '1': high is below low"),
        ("2018-12-27,5,4,1,2,10", 2, "open: '5': open lies outside low … high"),
        ("2018-12-27,1,4,1,4.1,10", 5, "close: '4.1': close lies outside low … high"),
        ("2018-12-27,-1,4,1,2,10", 2, "open: '-1': open must be greater than zero"),
        ("2018-12-27,1,4,0,2,10", 4, "low: '0': low must be greater than zero"),
        ("2018-12-27,1,4,1e-999,2,10", 4, "low: '1e-999': low must be greater than zero"),
        ("2018-12-27,1,4,1,2,-10", 6, "volume: '-10': volume is negative"),
        ("2018-12-27,1,1e999,1,2,10", 3, "high: '1e999' is not a finite number"),
        ("2018-12-27,1,inf,1,2,10", 3, "high: 'inf' is not a finite number"),
        ("2018-12-27,1,-Infinity,1,2,10", 3, "high: '-Infinity' is not a finite number"),
        ("2018-12-27,1,4,1,abc,10", 5, "close: 'abc' is not a number"),
        ("2018-12-27,1,4,1,0x10,10", 5, "close: '0x10' is not a number"),
        ("2018-12-27,1,4,1,1_0,10", 5, "close: '1_0' is not a number"),
        ("2018-12-27,1,4,1,1e,10", 5, "close: '1e' is not a number"),
        ("2018-12-27,1,4,1,--2,10", 5, "close: '--2' is not a number"),
        ("2018-12-27,1,4,1,\"2,5\",10", 5, "close: '2,5' has a comma"),
        (",1,4,1,2,10", 1, "date: the date is blank"),
        ("yesterday,1,4,1,2,10", 1, "date: 'yesterday' is not a date"),
    ])
    func badRowsNameFileLineAndColumn(_ row: String, _ column: Int, _ message: String) throws {
        let text = BadInputTests.header + row + "\n2018-12-28,2,4,2,3,20\n"
        let error = try failure(text)
        #expect("\(error)".hasPrefix("bars.csv:3:\(column): \(message)"))
        #expect("\(error)".contains("--on-bad-row skip"))
        let (bars, report) = try read(text, CSVReadOptions(onBadRow: .skip))
        #expect(bars.closes == [2, 3])
        #expect(report.skippedRows == 1)
        #expect(report.warnings.map(\.line) == [3])
    }

    @Test(arguments: [
        ("2018-12-27,1,4,1,2", CSVProblem.fieldCount(found: 5, expected: 6)),
        ("2018-12-27,1,4,1,2,10,7", CSVProblem.fieldCount(found: 7, expected: 6)),
        ("2018-12-27,1,4,1,\"2\"x,10", CSVProblem.textAfterQuote),
        ("2018-12-26,1,4,1,3,10", CSVProblem.conflictingDuplicate(line: 2)),
    ])
    func badRowsNameTheirLine(_ row: String, _ problem: CSVProblem) throws {
        let text = BadInputTests.header + row + "\n2018-12-28,2,4,2,3,20\n"
        #expect(try failure(text) == CSVError(file: "bars.csv", line: 3, problem))
        let (bars, report) = try read(text, CSVReadOptions(onBadRow: .skip))
        #expect(bars.closes == [2, 3])
        #expect(report.skippedRows == 1)
    }

    @Test func aCutFileIsHalfWritten() throws {
        let whole = Array((BadInputTests.header + "2018-12-27,1,4,1,2,10\n").utf8)
        let lastRow = whole.count - 22
        for length in (lastRow + 1)..<(whole.count - 3) {
            let error = try failure(Array(whole[..<length]))
            guard case .halfWritten(_, expected: 6) = error.problem else {
                Issue.record("cut after \(length) bytes: \(error)")
                continue
            }
            #expect(error.line == 3)
        }
        // All fields are there: only the missing newline speaks of a cut.
        for length in (whole.count - 3)..<whole.count {
            let report = try read(Array(whole[..<length])).report
            #expect(report.bars == 2)
            #expect(report.warnings.map(\.kind) == [.noFinalNewline])
        }
    }

    @Test func conflictingDuplicatesNameBothLines() throws {
        for text in [
            "date,close\n2018-12-26,1\n2018-12-27,2\n2018-12-28,3\n2018-12-26,9\n",
            "date,close\n2018-12-26,1\n2018-12-26,9\n2018-12-27,2\n2018-12-28,3\n",
            "date,close\n2018-12-28,3\n2018-12-27,2\n2018-12-26,1\n2018-12-26,9\n",
        ] {
            let error = try failure(text)
            let lines = text.split(separator: "\n").map(String.init)
            let line = try #require(error.line)
            guard case .conflictingDuplicate(let other) = error.problem else {
                Issue.record("\(error)")
                continue
            }
            #expect(lines[line - 1] == "2018-12-26,9")
            #expect(lines[other - 1] == "2018-12-26,1")
            let skipped = try read(text, CSVReadOptions(onBadRow: .skip))
            #expect(skipped.bars.closes == [1, 2, 3])
        }
    }

    @Test func nothingIsHandedOutOfAFileWithABadRow() throws {
        let text = BadInputTests.header + "2018-12-27,1,4,1,2,x\n"
        #expect(throws: CSVError.self) {
            _ = try CSVBarReader(bytes: Array(text.utf8), name: "bars.csv")
        }
        let conflict = BadInputTests.header + "2018-12-24,1,4,1,2,1\n2018-12-26,1,4,1,3,10\n"
        let reader = try CSVBarReader(bytes: Array(conflict.utf8), name: "bars.csv")
        #expect(throws: CSVError.self) { _ = try reader.next() }
        #expect(reader.report.bars == 0)
    }

    @Test func aFileOfBadRowsOnlySaysSo() throws {
        let error = try failure(
            "date,close\n2018-12-27,x\n2018-12-28,y\n", CSVReadOptions(onBadRow: .skip))
        #expect("\(error)".contains("no row that can be a bar; the first: bars.csv:2:2: close"))
    }

    @Test func longLinesAndManyFieldsHaveBounds() throws {
        let digits = String(repeating: "1", count: RecordReader.recordBytesLimit + 1 << 20)
        let long = try failure("date,close\n2018-12-27,\(digits)\n")
        #expect(long.problem == .lineTooLong(limit: RecordReader.recordBytesLimit))
        #expect(long.line == 2)
        let commas = String(repeating: ",", count: RecordReader.fieldLimit)
        let wide = try failure("date,close\n2018-12-27,1\(commas)\n")
        #expect(wide.problem == .tooManyFields(limit: RecordReader.fieldLimit))
    }

    @Test func aPipeIsReadLikeAFile() throws {
        let pipe = Pipe()
        let writer = pipe.fileHandleForWriting
        try writer.write(contentsOf: Data(storedGzip(Array(BadInputTests.header.utf8))))
        try writer.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let reader = try CSVBarReader(path: path)
        #expect(try reader.readAll().close == [2])
        #expect(reader.report.bars == 1)
    }

    @Test func gzipDamageIsNamed() throws {
        let whole = try Fixture.bytes("us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz")
        let options = CSVReadOptions(market: "FB")
        for length in [2, 9, 40, 1000, whole.count / 2, whole.count - 9, whole.count - 1] {
            #expect(try failure(Array(whole[..<length]), options).problem == .truncatedGzip)
        }
        #expect(try failure(whole + Array("more".utf8), options).problem == .trailingGarbage)
        #expect(try read(whole + [0, 0, 0], options).bars.count == 196)
        var damaged = whole
        damaged[whole.count - 6] ^= 1
        guard case .corruptGzip = try failure(damaged, options).problem else {
            Issue.record("a wrong checksum was not noticed")
            return
        }
    }

    @Test func gzipOfSeveralMembersIsOneFile() throws {
        let parts = ["date,close\n2018-12-2", "7,1\n", "", "2018-12-28,2\n"]
        let bytes = parts.flatMap { storedGzip(Array($0.utf8)) }
        #expect(try read(bytes).bars.closes == [1, 2])
        let twice = storedGzip(storedGzip(Array("date,close\n2018-12-27,1\n".utf8)))
        #expect(try failure(twice).problem == .foreignFormat(name: "compressed by gzip twice"))
        #expect(try failure(storedGzip([])).problem == .empty)
    }
}
