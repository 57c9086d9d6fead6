import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Hosting

/// A reader of logs that takes what it is given only when it may.
private final class Reader: Sendable {
    private let given = Mutex<[String]>([])
    private let gate: DispatchSemaphore

    /// - Parameter isOpen: it may take everything.
    init(isOpen: Bool) {
        gate = DispatchSemaphore(value: isOpen ? 1 : 0)
    }

    var pieces: [String] { given.withLock { $0 } }

    func take(_ bytes: ArraySlice<UInt8>) {
        gate.wait()
        given.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        gate.signal()
    }

    func open() { gate.signal() }
}

@Suite("Where log lines go")
struct LogWriterTests {
    @Test("lines come whole and in order, whoever writes them")
    func order() async throws {
        let reader = Reader(isOpen: true)
        let writer = LogWriter { reader.take($0) }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<1_000 {
                        writer.write("\(task) \(number)", isUrgent: number % 100 == 0)
                    }
                }
            }
        }
        writer.flush()
        let lines = reader.pieces.joined().split(separator: "\n")
        #expect(lines.count == 4_000)
        for task in 0..<4 {
            let own = lines.filter { $0.hasPrefix("\(task) ") }
            #expect(own == (0..<1_000).map { "\(task) \($0)" })
        }
    }

    @Test("a line comes without another one or a flush")
    func alone() async throws {
        let reader = Reader(isOpen: true)
        let writer = LogWriter { reader.take($0) }
        writer.write("one", isUrgent: false)
        try await eventually { reader.pieces == ["one\n"] }
        writer.write("two", isUrgent: true)
        try await eventually { reader.pieces == ["one\n", "two\n"] }
    }

    @Test("pieces are whole lines, and as large as a pipe takes at once")
    func pieces() {
        let line = Array(String(repeating: "x", count: 999).utf8) + [UInt8(ascii: "\n")]
        let lines = Array(repeatElement(line, count: 9).joined())
        let pieces = LogWriter.pieces(of: lines)
        #expect(pieces.map(\.count) == [4_000, 4_000, 1_000])
        #expect(Array(pieces.joined()) == lines)
        let long = Array(repeatElement(line.dropLast(), count: 5).joined()) + line
        #expect(LogWriter.pieces(of: line + long + line).map(\.count) == [1_000, 5_995, 1_000])
        #expect(LogWriter.pieces(of: []).isEmpty)
    }

    @Test("a reader that is too slow costs lines, which are counted, and holds nobody")
    func slowReader() async throws {
        let reader = Reader(isOpen: false)
        let writer = LogWriter { reader.take($0) }
        let line = String(repeating: "x", count: 1_023)
        // The writer has taken some by the time that the rest is full.
        let limit = 3 * LogWriter.limitBytes / 1_024
        for _ in 0..<limit { writer.write(line, isUrgent: true) }
        writer.flush()
        #expect(reader.pieces.isEmpty, "flush returns although nothing was read")
        reader.open()
        writer.flush()
        let read = reader.pieces.joined().utf8.count / 1_024
        #expect(read >= LogWriter.limitBytes / 1_024 - 1 && read < limit)
        #expect(reader.pieces.joined().split(separator: "\n").allSatisfy { $0 == line })
    }
}
