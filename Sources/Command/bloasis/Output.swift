import Foundation
import Hosting
import Synchronization

/// Data goes here; buffered, so that thousands of rows are a few writes.
enum StandardOutput {
    /// Bytes held back before they are written.
    private static let bufferLimit = 1 << 16
    private static let buffer = Mutex<[UInt8]>([])

    static func write(_ text: String) {
        buffer.withLock { bytes in
            bytes.append(contentsOf: text.utf8)
            if bytes.count >= bufferLimit { drain(&bytes) }
        }
    }

    static func line(_ text: String = "") {
        write(text + "\n")
    }

    static func flush() {
        buffer.withLock { drain(&$0) }
    }

    private static func drain(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            // The reader is gone (a closed pipe) or the disk is full: there is nobody to tell data
            // to, and going on would claim success.
            StandardError.write("error: standard output cannot be written: \(error)\n")
            exit(ExitStatus.failed.rawValue)
        }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// Progress, warnings and errors go here.
enum StandardError {
    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Behind what was logged before.
    static func write(_ text: String) {
        LogOutput.flush()
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    static func line(_ text: String) {
        write(text + "\n")
    }
}

/// Prints the elements of a JSON array one a line, without holding them all.
struct JSONArrayWriter {
    private var isFirst = true

    mutating func element(_ json: String) {
        StandardOutput.write((isFirst ? "[\n" : ",\n") + json)
        isFirst = false
    }

    func end() {
        StandardOutput.write(isFirst ? "[]\n" : "\n]\n")
    }
}

/// Columns of text for people; numbers to the right.
struct TextTable {
    enum Alignment {
        case left, right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        self.columns = columns
    }

    mutating func append(_ row: [String]) {
        rows.append(row)
    }

    var text: String {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        return all.map { row in
            columns.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return columns[column].alignment == .left
                    ? row[column] + padding : padding + row[column]
            }
            .joined(separator: "  ").trimmedAtEnd + "\n"
        }
        .joined()
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

enum Format {
    /// A probability as a percentage without decimals.
    static func percent(_ value: Double) -> String {
        "\(Int((value * 100).rounded()))%"
    }

    /// A whole number in groups of three.
    static func count(_ value: some BinaryInteger) -> String {
        var digits = Array(String(value))
        var index = digits.count - 3
        while index > (digits.first == "-" ? 1 : 0) {
            digits.insert(",", at: index)
            index -= 3
        }
        return String(digits)
    }
}
