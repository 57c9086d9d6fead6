import Foundation
import Synchronization

/// The rows of the fault table that this run has measured: printed as they come, and added to the
/// file that `FAULT_TABLE` names.
package enum FaultTable {
    private static let isBusy = Mutex(())

    /// - Parameters:
    ///   - doubled: effects that a ledger by `event_id` would have twice.
    ///   - repeats: deliveries that a ledger by `event_id` has seen before.
    package static func add(
        _ fault: String, on stack: String, due: Int, deliveries: Int, lost: Int, doubled: Int,
        repeats: Int
    ) {
        let cells =
            [fault, stack] + [due, deliveries, lost, doubled, repeats].map { String($0) }
        let row = Data(("| " + cells.joined(separator: " | ") + " |\n").utf8)
        isBusy.withLock { _ in
            // One that nobody reads any more does not end the run.
            try? FileHandle.standardOutput.write(contentsOf: row)
            guard let path = ProcessInfo.processInfo.environment["FAULT_TABLE"] else { return }
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                .write(contentsOf: row)
        }
    }
}
