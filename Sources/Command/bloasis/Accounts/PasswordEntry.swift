import Foundation
import Passwords

/// Passwords as they are typed, unseen, or piped in.
enum PasswordEntry {
    /// On a terminal twice, so that a slip of the finger is noticed.
    static func read() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw CommandFailure(
                    .wrongUsage, "no password: write it on the first line of standard input")
            }
            return line
        }
        let typed = try prompt("Password: ")
        guard try prompt("Again: ") == typed else {
            throw CommandFailure(.wrongUsage, "these are two different passwords: try again")
        }
        return typed
    }

    /// From the terminal, which shows nothing of it.
    private static func prompt(_ text: String) throws -> String {
        StandardError.write(text)
        defer { StandardError.write("\n") }
        guard let typed = HiddenLine.read() else {
            throw CommandFailure(.failed, "the terminal cannot be read: pipe the password in")
        }
        return typed
    }
}
