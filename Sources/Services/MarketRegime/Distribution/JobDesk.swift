package import Ports

/// What a worker does with the jobs it was handed: decisions alone.
///
/// A partition has one job at a time, and is paused while it has one, so jobs of one market never
/// run side by side; of the jobs at hand so many run at once, in the order in which they came.
package struct JobDesk: Sendable {
    package enum Step: Sendable, Equatable {
        case start(LoggedEvent)
        /// The partition's next job may come.
        case resume(LoggedEvent)
    }

    private struct Drawer {
        var job: LoggedEvent
        var isRunning = false
        /// What came while the job was running: the partition was lost in between.
        var next: LoggedEvent?
    }

    private let limit: Int
    private var drawers: [Int32: Drawer] = [:]
    /// Partitions whose job waits.
    private var queue: [Int32] = []
    private var running = 0

    /// - Parameter limit: of jobs that run at once.
    package init(limit: Int) {
        self.limit = max(1, limit)
    }

    package mutating func arrived(_ event: LoggedEvent) -> [Step] {
        if drawers[event.partition]?.isRunning == true {
            drawers[event.partition]?.next = event
        } else {
            // One that waits was lost and comes again.
            if drawers.updateValue(Drawer(job: event), forKey: event.partition) == nil {
                queue.append(event.partition)
            }
        }
        return fill()
    }

    /// - Parameter isLost: whether the partition went to another member before the job was done; it
    ///   is that one's, unless it came again.
    package mutating func ended(_ event: LoggedEvent, isLost: Bool) -> [Step] {
        guard let drawer = drawers.removeValue(forKey: event.partition), drawer.isRunning else {
            return []
        }
        running -= 1
        var steps: [Step] = []
        if let next = drawer.next, isLost || next.offset != event.offset {
            drawers[event.partition] = Drawer(job: next)
            queue.append(event.partition)
        } else if !isLost {
            steps.append(.resume(event))
        }
        return steps + fill()
    }

    private mutating func fill() -> [Step] {
        var steps: [Step] = []
        while running < limit, !queue.isEmpty {
            let partition = queue.removeFirst()
            guard let job = drawers[partition]?.job else { continue }
            drawers[partition]?.isRunning = true
            running += 1
            steps.append(.start(job))
        }
        return steps
    }
}
