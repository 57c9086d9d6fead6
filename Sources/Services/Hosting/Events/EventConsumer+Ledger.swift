import Logging
import Metrics
import Ports
import ServiceLifecycle

/// A store of effects that is older than the offsets of its group.
///
/// Whatever is taken is taken in the order of its partition, from behind what the store has, and
/// only if the store still has all that came before it: so it does not matter who does it, this
/// member, another one, or both at once.
extension EventConsumer {
    /// Takes what is missing when the member begins.
    ///
    /// - Returns: `false` when it is to end before that could be done.
    func hasCaughtUp(_ effect: any AccountedEffect) async throws -> Bool {
        var delay = retryDelay
        do {
            while !(try await compare(effect)) {
                try await pause(delay)
                delay = min(delay * 2, EventConsumer.retryDelayMaximum)
            }
            return true
        } catch is CancellationError {
            return false
        }
    }

    /// Compares the store with the offsets of the group, now and then: what is missing would only
    /// show with the next event of its partition, which may be long in coming.
    func keepLedger(of effect: any AccountedEffect) async throws {
        do {
            while true {
                try await pause(ledgerCheckInterval)
                _ = try await compare(effect)
            }
        } catch is CancellationError {
            // Shutting down.
        }
    }

    /// - Returns: `false` when that could not be done for a reason that passes.
    private func compare(_ effect: any AccountedEffect) async throws -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await catchUp(effect) }
            return true
        } catch  where error.passes || effect.isRaced(error) || error is LedgerBehind {
            logger.warning(
                "Effects not compared with the group's offsets, looking again",
                metadata: ["group": "\(group.name)", "error": "\(error)"])
            return false
        }
    }

    /// Takes what the group has done by its offsets, and the store does not know.
    func catchUp(_ effect: any AccountedEffect) async throws {
        for topic in topics {
            // First what is done: what is taken meanwhile is not missing.
            let done = try await bus.committed(topic, by: group)
            try await takeMissing(of: topic, through: done, having: effect)
        }
    }

    /// Has an event's effect, and first that of what is missing before it.
    func process(
        _ event: LoggedEvent, after previous: Int64, having effect: any AccountedEffect
    ) async throws {
        let step = EventStep(to: event, after: previous)
        for gaps in 1... {
            do {
                return try await take(event, as: step, having: effect)
            } catch let gap as LedgerBehind {
                guard gaps < EventConsumer.attemptLimit else { throw gap }
                try await takeMissing(
                    of: step.topic, through: [step.partition: step.offset - 1], having: effect)
            }
        }
    }

    private func take(
        _ event: LoggedEvent, as step: EventStep, having effect: any AccountedEffect
    ) async throws {
        let isTaken = try await take(event) {
            do {
                try await effect.take(event, as: step)
            } catch let fault as UnprocessableEvent {
                // Not set aside before what comes first.
                let taken = try await effect.taken(of: step.topic)[step.partition]
                try LedgerBehind.check(step, taken: taken ?? EventStep.beforeFirst)
                throw fault
            }
        }
        if !isTaken { try await attempt(event) { _ in try await effect.pass(step) } }
    }

    /// Takes from the log, one by one, what the store does not have up to some offsets.
    ///
    /// - Throws: `LedgerBehind` when the store lost something again meanwhile.
    private func takeMissing(
        of topic: Topic, through ends: [Int32: Int64], having effect: any AccountedEffect
    ) async throws {
        let taken = try await effect.taken(of: topic)
        var reached = ends.reduce(into: [Int32: Int64]()) { reached, end in
            let last = taken[end.key] ?? EventStep.beforeFirst
            if last < end.value { reached[end.key] = last }
        }
        guard !reached.isEmpty else { return }
        let reading = try await bus.snapshot(of: topic, after: reached)
        do {
            try await take(from: reading, through: ends, having: effect, beyond: &reached)
        } catch {
            await reading.close()
            throw error
        }
        await reading.close()
        for (partition, last) in reached {
            guard let end = ends[partition], last < end else { continue }
            // Nothing is there, or nothing any more: that is known from now on.
            try await effect.pass(
                EventStep(topic: topic, partition: partition, offset: end, after: last))
        }
    }

    /// - Parameter reached: the offset of the last event that was taken, by partition.
    private func take(
        from reading: any EventReading, through ends: [Int32: Int64],
        having effect: any AccountedEffect, beyond reached: inout [Int32: Int64]
    ) async throws {
        var open = Set(reached.keys)
        var isTold = false
        while !open.isEmpty, let event = try await reading.next() {
            guard let last = reached[event.partition], let end = ends[event.partition] else {
                continue
            }
            if event.offset >= end { open.remove(event.partition) }
            guard event.offset <= end else { continue }
            let step = EventStep(to: event, after: last)
            if !isTold {
                tell(step)
                try await attempt(event) { _ in try await effect.willRestore() }
                isTold = true
            }
            try await take(event, as: step, having: effect)
            reached[event.partition] = event.offset
            Counter(label: "events_restored_total", dimensions: [("topic", step.topic.name)])
                .increment()
        }
    }

    private func tell(_ step: EventStep) {
        logger.warning(
            "Effects missing that the group has had, taking their events from the log",
            metadata: [
                "group": "\(group.name)", "topic": "\(step.topic)",
                "partition": "\(step.partition)", "offset": "\(step.offset)",
            ])
    }
}
