import Foundation
import Hosting
import Reporting
import Synchronization
import Terminal

/// Data goes here; buffered, so that thousands of rows are a few writes.
enum StandardOutput {
    /// Bytes held back before they are written.
    private static let bufferLimit = 1 << 16
    private static let buffer = Mutex<[UInt8]>([])

    static func write(_ text: String) { write(text.utf8) }

    static func write(_ more: some Sequence<UInt8>) {
        buffer.withLock { bytes in
            bytes.append(contentsOf: more)
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
            StandardError.error("standard output cannot be written: \(error)")
            exit(ExitStatus.failed.rawValue)
        }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// Progress, warnings and errors go here.
enum StandardError {
    /// Behind what was logged before; both later, while a screen is shown.
    static func write(_ text: String) {
        LogOutput.flush()
        guard !LogOutput.holds(text) else { return }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// What went wrong, behind `error:`; always told.
    static func error(_ text: String) {
        write(StyledText("error:", .bad).rendered(Display.errors) + " \(text)\n")
    }

    /// What somebody may want to know; not told when only data and errors are wanted.
    static func note(_ text: String) {
        if !Display.isQuiet { write(text + "\n") }
    }

    /// What is perhaps not as it should be; told as a note is.
    static func warning(_ text: String) {
        note(StyledText("warning:", .caution).rendered(Display.errors) + " \(text)")
    }

    /// What can be done next, for a person at a terminal.
    static func hint(_ text: String) {
        guard Display.hasOnlooker else { return }
        write(StyledText(text, .faint).rendered(Display.errors) + "\n")
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

enum Format {
    /// A probability as a percentage without decimals.
    static func percent(_ value: Double) -> String {
        Percent.text(value)
    }

    /// A number with so many decimals.
    static func decimals(_ value: Double, _ decimals: Int) -> String {
        NumberText.number(value, decimals)
    }

    /// A whole number in groups of three.
    static func count(_ value: some BinaryInteger) -> String {
        NumberText.grouped(String(value))
    }
}
