package import Market
package import Regimes

/// A bar as a store keeps it: adopted once assessments were made from it.
package struct StoredBar: Sendable {
    package var bar: Bar
    package var revision: Int
    package var isAdopted: Bool

    package init(bar: Bar, revision: Int, isAdopted: Bool) {
        self.bar = bar
        self.revision = revision
        self.isAdopted = isAdopted
    }
}

/// What a store holds of the timestamps that a batch touches. What is not listed is not stored.
package struct JournalFacts: Sendable {
    package var head: SeriesHead
    /// Every revision of a timestamp, oldest first.
    package var bars: [Timestamp: [StoredBar]] = [:]
    /// The highest revision of an `asOf`.
    package var assessments: [Timestamp: RegimeAssessment] = [:]
    /// The change by bars of the highest revision of an `asOf`, wherever assessments may have been
    /// dropped while their changes stayed; only looked at where there is no assessment.
    package var changes: [Timestamp: RegimeChange] = [:]
    /// The event of a change, but an override's, that was announced last about an `asOf`.
    package var announced: [Timestamp: EventID] = [:]
    /// The highest revision of what ran beside about an `asOf`.
    package var shadows: [Timestamp: ShadowAnswer] = [:]
    package var models: Set<ModelVersion> = []
    /// The model stored last for an `activeFrom`.
    package var activations: [Timestamp: ModelVersion] = [:]

    package init(head: SeriesHead) {
        self.head = head
    }
}

/// A message that belongs into the outbox.
package struct OutboxEntry: Sendable, Equatable {
    package var eventID: EventID
    package var message: EventMessage

    package init(eventID: EventID, message: EventMessage) {
        self.eventID = eventID
        self.message = message
    }
}

/// The rows that a batch adds to a store, and the series' head afterwards.
package struct JournalPlan: Sendable {
    package var insertedBars: [StoredBar] = []
    /// Revisions stored as late corrections that assessments now rest on.
    package var adoptedBars: [RevisedBar] = []
    package var models: [StoredModel] = []
    package var activations: [ModelActivation] = []
    package var assessments: [RegimeAssessment] = []
    package var changes: [RegimeChange] = []
    package var shadows: [ShadowAnswer] = []
    package var outbox: [OutboxEntry] = []
    package var receipt: JournalReceipt

    package init(head: SeriesHead) {
        receipt = JournalReceipt(head: head)
    }

    /// Late corrections rest on nothing yet.
    var changesWhatAnswersRestOn: Bool {
        !adoptedBars.isEmpty || !assessments.isEmpty || insertedBars.contains(where: \.isAdopted)
    }
}
