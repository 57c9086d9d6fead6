import Foundation

/// A line that the terminal does not show while it is typed.
package enum HiddenLine {
    /// - Returns: `nil` where standard input is no terminal, or ends.
    package static func read() -> String? {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        return readLine(strippingNewline: true)
    }
}
