import Dispatch
import Foundation
import Hosting
import Synchronization
import Terminal

/// The terminal's second screen, for as long as something live is shown there.
///
/// It is given back before this process stops, ends or dies of a signal, and taken again when it
/// goes on; a job in the background leaves it to the shell. Log lines wait until it is given back.
final class LiveTerminal: Sendable {
    /// Ask politely; the second of them is obeyed at once, as the kernel would.
    private static let ending = [SIGINT, SIGTERM, SIGHUP]
    private static let trapped = ending + [SIGQUIT, SIGTSTP, SIGCONT]
    /// A process that is to end at once waits so long for the terminal to be given back.
    private static let givingBackLimit = DispatchTimeInterval.milliseconds(500)

    private let hold = Mutex(ScreenHold())
    private let isAskedToStop = Atomic(false)
    private let queue = DispatchQueue(label: "terminal")
    /// A terminal that takes nothing keeps whoever draws, and the first signal that wants it back;
    /// the second is heard all the same.
    private let endings = DispatchQueue(label: "terminal.endings", attributes: .concurrent)
    private let stopped = AsyncStream.makeStream(
        of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let noticed: @Sendable (String) -> Void

    /// - Parameter noticed: told of each held log line that tells of trouble.
    init(noticed: @escaping @Sendable (String) -> Void) {
        self.noticed = noticed
    }

    /// Runs an action that shows things, and gives the terminal back however that ends.
    func lent<Answer>(to action: () async throws -> Answer) async throws -> Answer {
        var sources: [any DispatchSourceSignal] = []
        defer {
            end()
            for source in sources { source.cancel() }
        }
        for number in LiveTerminal.trapped where !JobControl.isIgnored(number) {
            sources.append(await source(of: number))
        }
        return try await action()
    }

    /// Returns once a signal asks to stop.
    func untilStopped() async {
        for await _ in stopped.stream { return }
    }

    /// Shows a frame, where the screen can be had now.
    ///
    /// - Parameter frame: what is written; told whether the screen is empty. `nil`: nothing.
    /// - Throws: when the terminal is gone.
    func show(_ frame: (_ isEmpty: Bool) -> String?) throws {
        try hold.withLock { hold in
            // Its window was closed, and whoever started this process did not pass that on.
            guard isatty(STDOUT_FILENO) == 1 else {
                throw CommandFailure(.failed, "the terminal is gone: start the watch again on one")
            }
            guard !hold.isOver, JobControl.isInForeground else { return }
            let entering = hold.take()
            if entering != nil { LogOutput.hold(noticed: noticed) }
            guard let text = frame(entering != nil) else { return }
            try write((entering ?? "") + text)
        }
    }

    // MARK: - Signals

    /// Returns once the signal is heard of.
    private func source(of number: Int32) async -> any DispatchSourceSignal {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        let isEnding = number == SIGQUIT || LiveTerminal.ending.contains(number)
        source.setEventHandler {
            if isEnding { self.endings.async { self.end(by: number) } } else { self.take(number) }
        }
        await withCheckedContinuation { (heard: CheckedContinuation<Void, Never>) in
            source.setRegistrationHandler { heard.resume() }
            source.activate()
        }
        return source
    }

    private func take(_ number: Int32) {
        hold.withLock { hold in
            if number == SIGTSTP {
                giveBack(hold.give())
                // Nothing is drawn before the process goes on: the lock is held.
                JobControl.takeDefaultAction(of: SIGTSTP)
            }
            hold.resume()
        }
    }

    private func end(by number: Int32) {
        let isRepeated = isAskedToStop.exchange(true, ordering: .relaxed)
        guard isRepeated || number == SIGQUIT else {
            stopped.continuation.yield()
            end()
            return
        }
        // Whoever draws at this moment is done in no time, unless the terminal takes nothing.
        let given = DispatchSemaphore(value: 0)
        endings.async {
            self.end()
            given.signal()
        }
        _ = given.wait(timeout: .now() + LiveTerminal.givingBackLimit)
        JobControl.takeDefaultAction(of: number)
    }

    private func end() {
        hold.withLock { giveBack($0.end()) }
    }

    /// Where there is nobody left to give it back to, nobody is told.
    private func giveBack(_ leaving: String?) {
        guard let leaving else { return }
        try? write(leaving)
        LogOutput.release()
    }

    private func write(_ text: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}
