/// From one event of a partition to the next, for a ledger of effects that keeps how far it got.
package struct EventStep: Hashable, Sendable {
    package let topic: Topic
    package let partition: Int32
    package let offset: Int64
    /// The log holds nothing between this offset and the event's; `beforeFirst` where the event is
    /// the first, or nobody knows.
    package let previous: Int64

    package init(topic: Topic, partition: Int32, offset: Int64, after previous: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.previous = previous
    }

    package init(to event: LoggedEvent, after previous: Int64) {
        self.init(
            topic: event.message.topic, partition: event.partition, offset: event.offset,
            after: previous)
    }

    /// Where nothing of a partition was taken.
    package static let beforeFirst: Int64 = -1

    /// Whether a ledger that had taken the partition up to an offset has it up to here now.
    ///
    /// - Parameter isNew: whether it did not know the event. One that lies where it had been before
    ///   tells that the log began anew.
    package func leads(beyond taken: Int64, isNew: Bool) -> Bool { isNew || offset > taken }
}

/// A ledger of effects does not have all that lies before an event: it is older than the offsets of
/// the group, as a database is that was restored from a backup. Nothing was written; what is
/// missing is to be read from the log first.
package struct LedgerBehind: Error, Equatable {
    package let step: EventStep
    /// The last offset that it has.
    package let taken: Int64

    package init(step: EventStep, taken: Int64) {
        self.step = step
        self.taken = taken
    }

    /// Throws when what was taken of the partition does not reach to the event.
    package static func check(_ step: EventStep, taken: Int64) throws(LedgerBehind) {
        guard taken >= step.previous else { throw LedgerBehind(step: step, taken: taken) }
    }
}

extension LedgerBehind: CustomStringConvertible {
    package var description: String {
        "the store has the effects of topic \(step.topic), partition \(step.partition) only up to "
            + "offset \(taken), and was to have those up to \(step.previous)"
    }
}
