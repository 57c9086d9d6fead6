import Contracts
package import Ports

/// Looks through what was set aside, as it is when it is asked, and publishes it again.
package struct DeadLetterReading: Sendable {
    /// How long a bus may give nothing although it has more.
    package static let silenceLimit = Duration.seconds(30)

    private let bus: any EventBus
    private let silenceLimit: Duration

    package init(_ bus: any EventBus, silenceLimit: Duration = DeadLetterReading.silenceLimit) {
        self.bus = bus
        self.silenceLimit = silenceLimit
    }

    /// Goes through the dead letters of a topic, those of a partition in their order.
    ///
    /// - Parameter visit: returns whether to go on.
    /// - Throws: `RPCFault` when the bus is silent for too long; what the bus and `visit` throw.
    package func read(
        of topic: Topic, _ visit: (DeadLetter) async throws -> Bool
    ) async throws {
        let reader = try await bus.snapshot(of: topic.deadLetter)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await read(from: reader, of: topic, visit))
        } catch {
            outcome = .failure(error)
        }
        await reader.close()
        try outcome.get()
    }

    /// Goes through those that are there as it begins, each with the later one that it became when
    /// it was published again and set aside once more; `nil` for the newest of them.
    package func readAll(
        of topic: Topic, _ visit: (DeadLetter, _ later: EventPlace?) async throws -> Void
    ) async throws {
        var later: [EventPlace: EventPlace] = [:]
        var ends: [Int32: Int64] = [:]
        try await read(of: topic) { letter in
            let place = letter.event.location
            ends[place.partition] = place.offset
            if let earlier = letter.earlier { later[earlier] = place }
            return true
        }
        try await read(of: topic) { letter in
            let place = letter.event.location
            if let end = ends[place.partition], place.offset <= end {
                try await visit(letter, later[place])
            }
            return true
        }
    }

    private func read(
        from reader: any EventReading, of topic: Topic,
        _ visit: (DeadLetter) async throws -> Bool
    ) async throws {
        let silence = RPCFault(
            .deadlineExceeded,
            "nothing came of topic \(topic.deadLetter) for \(silenceLimit), and there is more: "
                + "check that the brokers run, and try again")
        while let event = try await withinTime(
            silenceLimit, orThrow: silence, { try await reader.next() })
        {
            guard let letter = DeadLetter(event), try await visit(letter) else { return }
        }
    }

    /// The dead letter that lies at a place; `nil` when none does.
    package func letter(at place: EventPlace, of topic: Topic) async throws -> DeadLetter? {
        var found: DeadLetter?
        try await read(of: topic) { letter in
            if letter.event.location == place { found = letter }
            return found == nil
        }
        return found
    }

    /// What became of a letter that was to be published again.
    package enum Replay: Sendable, Equatable {
        case published(LoggedEvent)
        /// It never can be.
        case impossible(String)
    }

    /// Publishes the original again on its topic. The letter stays: consumers tell a repeat by its
    /// event id, so that another replay is harmless.
    ///
    /// - Throws: `EventBusError`, but for a bus that will never take it.
    package func replay(_ letter: DeadLetter) async throws -> Replay {
        guard let message = letter.replay else { return .impossible(letter.cutReason) }
        do {
            return .published(try await bus.publish([message])[0])
        } catch EventBusError.refused(let reasons) {
            return .impossible(reasons.first?.value ?? "the bus refuses it")
        }
    }
}

extension DeadLetter {
    /// Why one that is cut cannot be published again.
    package var cutReason: String {
        "only its first \(event.message.payload.count) bytes"
            + (originalSize.map { " of \($0)" } ?? "") + " were kept: the brokers found it too "
            + "large"
    }
}
