package import Market
package import Ports
package import Regimes

/// One market's history to be written, on the topic `backfill-jobs`: one JSON object, snake_case.
///
/// It holds all that decides about what is written, so the same job asked for twice has the same
/// bytes and the same id.
package struct BackfillJobEvent: Sendable, Equatable {
    /// What the market belongs to, as whoever asked called it.
    package var universe: String
    package var series: Series
    package var calendar: SessionCalendar
    package var source: Source
    package var reading: Reading
    /// Only answers of this half-open range are written.
    package var range: Range<Timestamp>?
    /// Whether changes are announced.
    package var emitting: Bool
    /// Canonical JSON of the specification that classifies the series.
    package var specification: String
    /// A fitted model's manifest, of which the specification speaks.
    package var model: String?

    /// A file: the same bytes wherever a worker runs.
    package struct Source: Sendable, Equatable {
        /// As workers see it.
        package var path: String
        /// Of the file as it is, in hexadecimal.
        package var sha256: String
        package var bytes: Int

        package init(path: String, sha256: String, bytes: Int) {
            self.path = path
            self.sha256 = sha256
            self.bytes = bytes
        }
    }

    /// How the file is to be understood, in the words of `bloasis backfill`.
    package struct Reading: Sendable, Equatable {
        package var price: String
        package var stamp: String
        /// Of times without an offset; `nil`: the calendar's.
        package var timeZone: String?
        package var onBadRow: String
        /// What happens to bars that look like a split nobody adjusted the prices for.
        package var onSplit: String
        /// The column or ticker of a file of many markets.
        package var column: String?

        package init(
            price: String, stamp: String, timeZone: String?, onBadRow: String, onSplit: String,
            column: String?
        ) {
            self.price = price
            self.stamp = stamp
            self.timeZone = timeZone
            self.onBadRow = onBadRow
            self.onSplit = onSplit
            self.column = column
        }
    }

    package static let schemaVersion = 1

    package init(
        universe: String, series: Series, calendar: SessionCalendar, source: Source,
        reading: Reading, range: Range<Timestamp>? = nil, emitting: Bool = false,
        specification: String, model: String? = nil
    ) {
        self.universe = universe
        self.series = series
        self.calendar = calendar
        self.source = source
        self.reading = reading
        self.range = range
        self.emitting = emitting
        self.specification = specification
        self.model = model
    }

    /// The first 128 bits, in hexadecimal, of the SHA-256 over the job's JSON without its id.
    package var id: EventID {
        var json = JSONWriter()
        json.object(write)
        return EventID(hashing: "\(Topic.backfillJobs)|\(json.text)")
    }

    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("job_id", id.text)
            write(to: &json)
        }
        return json.text
    }

    private func write(to json: inout JSONWriter) {
        json.member("schema_version", Int64(BackfillJobEvent.schemaVersion))
        json.member("universe", universe)
        json.member("market", series.market.text)
        json.member("timeframe", series.timeframe.description)
        json.member("calendar", calendar.rawValue)
        json.member("path", source.path)
        json.member("sha256", source.sha256)
        json.member("size_bytes", Int64(source.bytes))
        json.member("price", reading.price)
        json.member("stamp", reading.stamp)
        json.member("timezone", reading.timeZone)
        json.member("on_bad_row", reading.onBadRow)
        json.member("on_split", reading.onSplit)
        json.member("column", reading.column)
        json.member("from", range?.lowerBound.rfc3339)
        json.member("to", range?.upperBound.rfc3339)
        json.member("emit", emitting)
        json.member("specification", specification)
        json.member("model", model)
    }

    /// The message for the bus, keyed by market: no two members work on one market at a time.
    package var message: EventMessage {
        EventMessage(.backfillJobs, of: series, json: json)
    }

    /// Reads a payload; members it does not know are let pass.
    ///
    /// - Throws: `EventDecodingError` naming the member that is missing, malformed or impossible.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(payload, topic: .backfillJobs)
        try fields.requireSchema(BackfillJobEvent.schemaVersion)
        universe = try fields.string("universe")
        series = try fields.series()
        calendar = try fields.named("calendar") { SessionCalendar(rawValue: $0) }
        source = Source(
            path: try fields.string("path"), sha256: try fields.string("sha256"),
            bytes: try fields.count("size_bytes"))
        reading = Reading(
            price: try fields.string("price"), stamp: try fields.string("stamp"),
            timeZone: try fields.optionalString("timezone"),
            onBadRow: try fields.string("on_bad_row"),
            onSplit: try fields.string("on_split"),
            column: try fields.optionalString("column"))
        let from = try fields.optionalTimestamp("from")
        let to = try fields.optionalTimestamp("to")
        if let from, let to {
            guard from < to else { throw fields.fault("to", "is not later than 'from'") }
            range = from..<to
        } else if from != nil || to != nil {
            throw fields.fault(from == nil ? "from" : "to", "is missing: a range has two ends")
        }
        emitting = try fields.boolean("emit")
        specification = try fields.string("specification")
        model = try fields.optionalString("model")
        guard try fields.string("job_id") == id.text else {
            throw fields.fault("job_id", "does not name this job: it was changed on its way")
        }
    }
}
