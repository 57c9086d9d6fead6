/// Whether a live view has the terminal's second screen, and what is written to take it and to give
/// it back.
///
/// A terminal is lent: it is given back before the process is stopped, and taken again once the
/// process goes on and the shell lets it have it.
package struct ScreenHold: Sendable {
    /// Whether the terminal shows the second screen.
    private var isShown = false
    /// Whether what stands there is the view's: a shell may have written there meanwhile.
    private var isOurs = false
    /// Whether it was given back for good.
    package private(set) var isOver = false

    package init() {}

    /// Takes the screen; what is written for it, `nil` where there is nothing to do.
    package mutating func take() -> String? {
        guard !isOurs, !isOver else { return nil }
        (isShown, isOurs) = (true, true)
        return TerminalControl.enter
    }

    /// Gives the screen back; what is written for it, `nil` where there is nothing to do.
    package mutating func give() -> String? {
        defer { (isShown, isOurs) = (false, false) }
        return isShown ? TerminalControl.leave : nil
    }

    /// The process was stopped and goes on, whether it knew of it before or not: what stands on the
    /// terminal is whatever was written meanwhile.
    package mutating func resume() { isOurs = false }

    /// Gives the screen back for good.
    package mutating func end() -> String? {
        isOver = true
        return give()
    }
}

/// What moves the cursor of a terminal (ECMA-48, and xterm's second screen).
package enum TerminalControl {
    /// To the second screen, without a cursor; back with `leave`.
    package static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
    package static let leave = "\u{1B}[?25h\u{1B}[?1049l"
    /// Back to the beginning of the line, and clears it.
    package static let restartLine = "\r\u{1B}[K"
    static let home = "\u{1B}[H"
    static let clearRestOfLine = "\u{1B}[K"
    static let clearRestOfScreen = "\u{1B}[J"
}
