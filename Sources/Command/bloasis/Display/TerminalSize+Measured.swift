import Glibc
import Terminal

extension TerminalSize {
    /// What the terminal behind a descriptor says of its window; `nil` when there is none, or it
    /// does not tell.
    static func measured(_ descriptor: Int32) -> TerminalSize? {
        var window = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return nil
        }
        return TerminalSize(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}
