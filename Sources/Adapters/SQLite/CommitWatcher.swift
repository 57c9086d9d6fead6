import Foundation
import Synchronization

/// Hears of commits by other processes to the same database file.
///
/// SQLite writes the log before a commit becomes visible, so a change of the log's contents comes
/// too early to look again. Therefore every writer touches the log's times after its commit: the
/// attribute event (`inotify(7)`, `IN_ATTRIB`) is the signal, and it comes after the fact. One
/// thread waits for it; nothing is polled.
///
/// A process killed between its commit and the touch, or a writer that is not this program, sends
/// no signal. For those alone the files' sizes and times are compared when nothing
/// was heard for a while.
final class CommitWatcher: Sendable {
    /// After how long without an event a lost signal is looked for.
    static let recheckMilliseconds: Int32 = 1000

    private let logPath: String
    /// The write end of the pipe that ends the thread; -1 once closed.
    private let stopDescriptor: Mutex<Int32>

    /// - Parameter onCommit: called on the watcher's own thread.
    init(databasePath: String, onCommit: @escaping @Sendable () -> Void) {
        logPath = databasePath + "-wal"
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            stopDescriptor = Mutex(-1)
            return
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        stopDescriptor = Mutex(ends[1])
        let watch = CommitWatch(databasePath: databasePath, stopDescriptor: ends[0])
        let thread = Thread { watch.run(onCommit) }
        thread.name = "bloasis.commits"
        thread.start()
    }

    deinit { stop() }

    /// Tells the other processes that a commit is visible.
    func announce() {
        utimensat(AT_FDCWD, logPath, nil, 0)
    }

    func stop() {
        stopDescriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}

/// What the watcher's thread owns: its descriptors, closed when it ends.
private struct CommitWatch: Sendable {
    let databasePath: String
    let logName: String
    /// Hangs up when the watcher stops.
    let stopDescriptor: Int32
    /// -1 where the system has no more watches to give: then only the recheck is left.
    let notifications: Int32

    init(databasePath: String, stopDescriptor: Int32) {
        self.databasePath = databasePath
        self.stopDescriptor = stopDescriptor
        logName = EmbeddedDatabase.fileName(of: databasePath) + "-wal"
        notifications = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        inotify_add_watch(
            notifications, EmbeddedDatabase.directory(of: databasePath), UInt32(IN_ATTRIB))
    }

    func run(_ onCommit: () -> Void) {
        defer {
            close(stopDescriptor)
            if notifications >= 0 { close(notifications) }
        }
        var seen = fingerprint()
        var changedBefore = false
        while true {
            var descriptors = [
                pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: notifications, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(
                &descriptors, nfds_t(descriptors.count), CommitWatcher.recheckMilliseconds)
            if descriptors[0].revents != 0 { return }
            if descriptors[1].revents != 0, drainNotifications() {
                seen = fingerprint()
                onCommit()
            }
            guard ready == 0 else { continue }
            let current = fingerprint()
            // The log may have been written just before its commit became visible: look twice.
            if current != seen || changedBefore { onCommit() }
            changedBefore = current != seen
            seen = current
        }
    }

    /// Reads what has happened in the directory; `true` when the log was touched.
    private func drainNotifications() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var isTouched = false
        while true {
            let count = read(notifications, &buffer, buffer.count)
            guard count > 0 else { return isTouched }
            var start = 0
            while start + MemoryLayout<inotify_event>.size <= count {
                let event = buffer.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
                }
                let nameStart = start + MemoryLayout<inotify_event>.size
                start = nameStart + Int(event.len)
                let name = buffer[nameStart..<min(start, count)].prefix { $0 != 0 }
                let isOverflow = event.mask & UInt32(IN_Q_OVERFLOW) != 0
                if isOverflow || name.elementsEqual(logName.utf8) { isTouched = true }
            }
        }
    }

    private func fingerprint() -> [Int] {
        [databasePath, databasePath + "-wal"].flatMap { path -> [Int] in
            var status = stat()
            guard stat(path, &status) == 0 else { return [] }
            return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        }
    }
}
