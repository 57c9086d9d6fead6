import Market
import Regimes

/// What a batch means against the rows already stored: new, the same, revised or restated, and
/// which sequence a change gets. Pure, so that every journal decides alike.
package struct JournalDecision: Sendable {
    private var facts: JournalFacts
    private var plan: JournalPlan
    private let wording: ChangeWording

    /// Decides a batch.
    ///
    /// Precondition: the batch's records, models and activations are of the batch's series.
    ///
    /// - Throws: `JournalError.headMoved`.
    package static func plan(
        _ batch: JournalBatch, given facts: JournalFacts, wording: ChangeWording
    ) throws(JournalError) -> JournalPlan {
        if case .head(let expected, let writes) = batch.expecting {
            try facts.head.expect(lastAsOf: expected, writes: writes)
        }
        var decision = JournalDecision(facts: facts, wording: wording)
        for bar in batch.bars { decision.adopt(bar) }
        for bar in batch.lateBars { decision.keep(late: bar) }
        for model in batch.models { decision.add(model) }
        for activation in batch.activations { decision.add(activation) }
        decision.reserve(batch.records.count)
        for record in batch.orderedRecords {
            decision.add(record, of: batch.series, announcing: batch.announcing)
            if let shadow = record.shadow {
                decision.add(shadow, beside: record.assessment, announcing: batch.announcing)
            }
        }
        let isWritten = decision.plan.changesWhatAnswersRestOn
        decision.finish(
            isWritten: decision.specify(batch.specification) || isWritten, batch.completing)
        return decision.plan
    }

    /// Decides a load of which nothing is stored: its bars and assessments are first revisions and
    /// stay columns, the plan lists what else it adds.
    ///
    /// Precondition: the load's changes are of its answers, in their order.
    ///
    /// - Returns: `nil` where some of its instants are stored already: its `batch` is decided row
    ///   by row.
    /// - Throws: `JournalError.headMoved`.
    package static func plan(
        _ load: SeriesLoad, given facts: JournalFacts, wording: ChangeWording
    ) throws(JournalError) -> JournalPlan? {
        try facts.head.expect(lastAsOf: load.lastAsOf, writes: load.writes)
        guard facts.bars.isEmpty, load.goesOn else { return nil }
        var decision = JournalDecision(facts: facts, wording: wording)
        for model in load.models { decision.add(model) }
        for activation in load.activations { decision.add(activation) }
        decision.append(load)
        decision.finish(isWritten: load.answers.count > 0, load.completing)
        return decision.plan
    }

    /// - Returns: whether the series is classified by something else from now on.
    private mutating func specify(_ specification: String?) -> Bool {
        guard let specification, specification != facts.head.profile.specification
        else { return false }
        facts.head.profile.specification = specification
        return true
    }

    /// Counts the transaction and marks the source that it completes.
    private mutating func finish(isWritten: Bool, _ completing: String?) {
        if isWritten {
            facts.head.writes += 1
            plan.receipt.head = facts.head
        }
        if let completing {
            facts.head.source = SourceMark(digest: completing, writes: facts.head.writes)
            plan.receipt.head = facts.head
        }
    }

    /// Announces changes stored silently.
    ///
    /// First those that say another label about a bar than was announced about it: each supersedes
    /// what was said. Then those later than the last announced one. Where what was announced last
    /// is not what they go on from, or without any not what the filter says, an amendment comes
    /// before them.
    ///
    /// - Parameters:
    ///   - changes: in order of `asOf`, the latest statement about each bar.
    ///   - announced: in order of their sequence.
    ///   - lastWord: `nil` before the first announcement.
    static func plan(
        announcing changes: [RegimeChange], given announced: [RegimeChange], head: SeriesHead,
        lastWord: LastWord?, limit: Int, wording: ChangeWording
    ) -> JournalPlan {
        let told = Dictionary(announced.map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        let silent = changes.filter { $0.announcement == nil }
        let restated = silent.filter { change in
            told[change.asOf].map { !change.saysTheLabels(of: $0) } ?? false
        }
        let news = silent.filter { change in
            told[change.asOf] == nil && head.lastAnnouncedAsOf.map { $0 < change.asOf } ?? true
        }
        var decision = JournalDecision(facts: JournalFacts(head: head), wording: wording)
        var lastWord = lastWord
        for change in restated.prefix(limit) {
            decision.tell(change, superseding: told[change.asOf]?.eventID)
            lastWord?.take(change)
        }
        // As long as some are restated, the last word may not have been spoken.
        guard restated.count < limit else { return decision.plan }
        let regime = news.first?.previousRegime ?? head.lastRegime
        if let lastWord, lastWord.regime != regime {
            let amendment = lastWord.amendment(to: regime, of: head, wording: wording)
            decision.tell(amendment, superseding: lastWord.eventID)
        }
        for change in news.prefix(limit - decision.plan.changes.count) {
            decision.tell(change, superseding: nil)
        }
        return decision.plan
    }

    private mutating func tell(_ change: RegimeChange, superseding told: EventID?) {
        let announced = announce(change, superseding: told)
        plan.changes.append(announced)
    }

    private init(facts: JournalFacts, wording: ChangeWording) {
        self.facts = facts
        self.wording = wording
        plan = JournalPlan(head: facts.head)
    }

    /// Makes room for what a load of many records adds.
    private mutating func reserve(_ records: Int) {
        facts.assessments.reserveCapacity(facts.assessments.count + records)
        plan.assessments.reserveCapacity(records)
    }
}

extension JournalBatch {
    /// As they came, which is mostly in order: sorting copies all of them.
    fileprivate var orderedRecords: [JournalRecord] {
        let areOrdered = zip(records, records.dropFirst()).allSatisfy {
            $0.assessment.asOf <= $1.assessment.asOf
        }
        return areOrdered
            ? records : records.sorted { $0.assessment.asOf < $1.assessment.asOf }
    }
}

// MARK: - Bars

extension JournalDecision {
    private mutating func adopt(_ bar: Bar) {
        let revisions = facts.bars[bar.timestamp] ?? []
        let adopted = revisions.lastIndex(where: \.isAdopted)
        if let adopted, revisions[adopted].bar.saysTheSame(as: bar) { return }
        let firstOpen = adopted.map { $0 + 1 } ?? 0
        // What answers rest on is when this bar was known, not when a late one was that says the
        // same.
        let waiting = revisions[firstOpen...].lastIndex {
            $0.bar.saysTheSame(as: bar) && $0.bar.availableAt == bar.availableAt
        }
        if let waiting {
            facts.bars[bar.timestamp]?[waiting].isAdopted = true
            plan.adoptedBars.append(
                RevisedBar(
                    bar: revisions[waiting].bar, revision: revisions[waiting].revision))
            plan.receipt.revisedBars += 1
        } else {
            insert(bar, after: revisions.last, isAdopted: true)
        }
    }

    private mutating func keep(late bar: Bar) {
        let latest = facts.bars[bar.timestamp]?.last
        if let latest, latest.bar.saysTheSame(as: bar) { return }
        insert(bar, after: latest, isAdopted: false)
    }

    private mutating func insert(_ bar: Bar, after latest: StoredBar?, isAdopted: Bool) {
        let stored = StoredBar(
            bar: bar, revision: (latest?.revision ?? 0) + 1, isAdopted: isAdopted)
        facts.bars[bar.timestamp, default: []].append(stored)
        plan.insertedBars.append(stored)
        if latest == nil {
            plan.receipt.newBars += 1
        } else {
            plan.receipt.revisedBars += 1
        }
    }
}

// MARK: - Models

extension JournalDecision {
    private mutating func add(_ model: StoredModel) {
        precondition(model.series == facts.head.profile.series, "a model of another series")
        if facts.models.insert(model.version).inserted { plan.models.append(model) }
    }

    private mutating func add(_ activation: ModelActivation) {
        precondition(
            activation.series == facts.head.profile.series, "an activation of another series")
        guard facts.activations[activation.activeFrom] != activation.version else { return }
        facts.activations[activation.activeFrom] = activation.version
        plan.activations.append(activation)
    }
}

// MARK: - Assessments and changes

extension RegimeChange {
    /// Whether both tell the same; their numbers and how they were told are not part of that.
    fileprivate func saysTheSame(as other: RegimeChange) -> Bool {
        saysTheLabels(of: other) && probabilities == other.probabilities
            && modelVersion == other.modelVersion
            && reasoning == other.reasoning
    }
}

extension JournalDecision {
    private mutating func add(_ record: JournalRecord, of series: Series, announcing: Bool) {
        var assessment = record.assessment
        precondition(assessment.series == series, "an assessment of another series")
        let stored = facts.assessments[assessment.asOf]
        // Of an assessment that was dropped. Saying the same again gives it back under its old
        // number, and is no news; anything else counts on from there: the numbers of changes are
        // taken for good.
        let left = stored == nil ? facts.changes[assessment.asOf] : nil
        let isThereStill = left.flatMap { record.change?.saysTheSame(as: $0) } ?? false
        if let stored {
            if stored.saysTheSame(as: assessment) { return }
            assessment.revision = stored.revision + 1
            plan.receipt.restatedAssessments += 1
        } else {
            assessment.revision = (left?.revision ?? 0) + (isThereStill ? 0 : 1)
            plan.receipt.newAssessments += 1
        }
        facts.assessments[assessment.asOf] = assessment
        plan.assessments.append(assessment)
        if facts.head.lastAsOf.map({ $0 <= assessment.asOf }) ?? true {
            facts.head.lastAsOf = assessment.asOf
            facts.head.lastRegime = assessment.regime
            plan.receipt.head = facts.head
        }
        if let change = record.change, !isThereStill {
            precondition(
                change.series == series && change.asOf == assessment.asOf,
                "a change of another bar than its assessment's")
            let silent = silent(change, revision: assessment.revision)
            plan.changes.append(announcing ? announceIfDue(silent) : silent)
        }
    }

    private mutating func add(
        _ shadow: ShadowAnswer, beside assessment: RegimeAssessment, announcing: Bool
    ) {
        precondition(
            shadow.series == assessment.series && shadow.asOf == assessment.asOf,
            "what ran beside is about another bar")
        let stored = facts.shadows[shadow.asOf]
        if let stored, stored.saysTheSame(as: shadow) { return }
        var shadow = shadow
        shadow.revision = (stored?.revision ?? 0) + 1
        facts.shadows[shadow.asOf] = shadow
        plan.shadows.append(shadow)
        plan.receipt.shadowAnswers += 1
        if announcing, shadow.isTurn { plan.outbox.append(wording.disagreement(shadow)) }
    }

    /// The change as it is stored before anybody is told.
    private mutating func silent(_ change: RegimeChange, revision: Int) -> RegimeChange {
        var change = change
        change.revision = revision
        change.announcement = nil
        change.eventID = wording.eventID(change)
        plan.receipt.newChanges += 1
        return change
    }

    private mutating func append(_ load: SeriesLoad) {
        let answers = load.answers
        plan.receipt.newBars = load.bars.count
        plan.receipt.newAssessments = answers.count
        facts.head.lastAsOf = answers.asOf.last ?? facts.head.lastAsOf
        facts.head.lastRegime = answers.regime.last ?? facts.head.lastRegime
        var index = 0
        for change in load.changes {
            while index < answers.count, answers.asOf[index] < change.asOf { index += 1 }
            precondition(
                change.series == load.series && index < answers.count
                    && answers.asOf[index] == change.asOf,
                "a change of another bar than its assessment's")
            plan.changes.append(silent(change, revision: 1))
        }
    }

    /// A change later than the last announced one is news; one that restates an announced change
    /// supersedes it; any other lies in a past nobody was told about, and stays silent. So does all
    /// that happens beneath an override.
    private mutating func announceIfDue(_ change: RegimeChange) -> RegimeChange {
        guard facts.head.override == nil else { return change }
        let told = facts.announced[change.asOf]
        let isNews = facts.head.lastAnnouncedAsOf.map { $0 < change.asOf } ?? true
        return told != nil || isNews ? announce(change, superseding: told) : change
    }

    private mutating func announce(
        _ change: RegimeChange, superseding told: EventID?
    ) -> RegimeChange {
        let change = facts.head.announce(change, superseding: told)
        facts.announced[change.asOf] = change.eventID
        plan.outbox.append(OutboxEntry(eventID: change.eventID, message: wording.message(change)))
        plan.receipt.announced += 1
        plan.receipt.head = facts.head
        return change
    }
}

extension SeriesLoad {
    /// Whether its answers follow one another, and all that the head has.
    fileprivate var goesOn: Bool {
        guard let first = answers.asOf.first else { return true }
        return lastAsOf.map { $0 < first } ?? true
            && zip(answers.asOf, answers.asOf.dropFirst()).allSatisfy { $0 < $1 }
    }
}

extension SeriesHead {
    fileprivate func expect(
        lastAsOf expected: Timestamp?, writes: Int64?
    ) throws(JournalError) {
        guard expected == lastAsOf, writes ?? self.writes == self.writes else {
            throw .headMoved(series: profile.series, expected: expected, actual: lastAsOf)
        }
    }

    /// Gives a change the next place among the announced ones.
    mutating func announce(
        _ change: RegimeChange, superseding told: EventID?
    ) -> RegimeChange {
        var announced = change
        announced.announcement = Announcement(
            sequence: lastSequence + 1, previousEventID: lastAnnouncedEventID, supersedes: told)
        lastSequence += 1
        lastAnnouncedEventID = change.eventID
        lastAnnouncedAsOf = max(lastAnnouncedAsOf ?? change.asOf, change.asOf)
        return announced
    }
}
