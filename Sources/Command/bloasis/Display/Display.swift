import Foundation
import Synchronization
import Terminal

/// How this process shows things: decided once, before a verb runs.
enum Display {
    private struct Settings: Sendable {
        var output: TerminalStyle
        var errors: TerminalStyle
        var isQuiet = false

        init(_ choice: ColourChoice) {
            output = Display.style(choice, of: STDOUT_FILENO)
            errors = Display.style(choice, of: STDERR_FILENO)
        }
    }

    private static let settings = Mutex(Settings(.auto))

    static func settle(_ options: DisplayOptions) {
        var settled = Settings(options.color)
        settled.isQuiet = options.quiet
        settings.withLock { $0 = settled }
    }

    /// Of data.
    static var output: TerminalStyle { settings.withLock { $0.output } }

    /// Of progress, notes and errors.
    static var errors: TerminalStyle { settings.withLock { $0.errors } }

    /// Whether only data and errors are wanted.
    static var isQuiet: Bool { settings.withLock { $0.isQuiet } }

    /// Whether somebody looks on who wants to know more than data and errors.
    static var hasOnlooker: Bool { settings.withLock { $0.errors.isTerminal && !$0.isQuiet } }

    private static func style(_ choice: ColourChoice, of descriptor: Int32) -> TerminalStyle {
        TerminalStyle(
            choice, isTerminal: isatty(descriptor) == 1,
            environment: ProcessInfo.processInfo.environment,
            measured: TerminalSize.measured(descriptor))
    }
}
