package import Market
package import Ports
package import Regimes

/// How a job of the topic `backfill-jobs` goes, on the topic `backfill-progress`: one JSON object,
/// snake_case.
///
/// Delivery is at least once, and a job that a worker left is begun again by another: of a job's
/// messages the latest counts, and jobs are counted by distinct `job_id`.
package struct BackfillProgressEvent: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case started, running
        /// The store says all that the job's source says.
        case done
        /// It cannot be done as it was asked for, and is not tried again.
        case failed
    }

    package var jobID: EventID
    package var universe: String
    package var series: Series
    package var state: State
    /// Who works on it.
    package var worker: String
    /// So far, in this attempt.
    package var work: BackfillWork
    /// The last bar so far.
    package var asOf: Timestamp?
    /// Why the job failed; cut at `errorLimit` characters.
    package var error: String?

    package static let schemaVersion = 1
    package static let errorLimit = 1_000

    package init(
        of job: BackfillJobEvent, _ state: State, worker: String,
        work: BackfillWork = BackfillWork(),
        asOf: Timestamp? = nil, error: String? = nil
    ) {
        jobID = job.id
        universe = job.universe
        series = job.series
        self.state = state
        self.worker = worker
        self.work = work
        self.asOf = asOf
        self.error = error.map { String($0.prefix(BackfillProgressEvent.errorLimit)) }
    }

    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("job_id", jobID.text)
            json.member("schema_version", Int64(BackfillProgressEvent.schemaVersion))
            json.member("universe", universe)
            json.member("market", series.market.text)
            json.member("timeframe", series.timeframe.description)
            json.member("state", state.rawValue)
            json.member("worker", worker)
            json.member("bars", Int64(work.bars))
            json.member("changes", Int64(work.changes))
            json.member("new_bars", Int64(work.newBars))
            json.member("revised_bars", Int64(work.revisedBars))
            json.member("new_assessments", Int64(work.newAssessments))
            json.member("restated_assessments", Int64(work.restatedAssessments))
            json.member("announced", Int64(work.announced))
            json.member("as_of", asOf?.rfc3339)
            json.member("error", error)
        }
        return json.text
    }

    /// The message for the bus, keyed by market as the job is.
    package var message: EventMessage {
        EventMessage(.backfillProgress, of: series, json: json)
    }

    /// Reads a payload; members it does not know are let pass.
    ///
    /// - Throws: `EventDecodingError` naming the member that is missing or malformed.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(payload, topic: .backfillProgress)
        try fields.requireSchema(BackfillProgressEvent.schemaVersion)
        jobID = try fields.named("job_id") { $0.isEmpty ? nil : EventID($0) }
        universe = try fields.string("universe")
        series = try fields.series()
        state = try fields.named("state") { State(rawValue: $0) }
        worker = try fields.string("worker")
        work = BackfillWork()
        work.bars = try fields.count("bars")
        work.changes = try fields.count("changes")
        work.newBars = try fields.count("new_bars")
        work.revisedBars = try fields.count("revised_bars")
        work.newAssessments = try fields.count("new_assessments")
        work.restatedAssessments = try fields.count("restated_assessments")
        work.announced = try fields.count("announced")
        asOf = try fields.optionalTimestamp("as_of")
        error = try fields.optionalString("error")
    }
}
