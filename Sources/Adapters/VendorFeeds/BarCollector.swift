import Market
import Ports

/// Gathers the rows of answers into what a request asked for.
struct BarCollector {
    private let reading: AnswerReading
    private let request: FeedRequest
    private let offer: FeedOffer
    private let now: Timestamp
    private var rows: [(bar: FeedBar, row: Int)] = []

    init(_ reading: AnswerReading, _ request: FeedRequest, _ offer: FeedOffer, at now: Timestamp) {
        self.reading = reading
        self.request = request
        self.offer = offer
        self.now = now
    }

    /// Takes a bar if it was asked for and was final when the vendor told it; one that no market
    /// can have made is an error, and so is one that became final since: the answer is too old.
    mutating func add(_ bar: FeedBar, row: Int, saidAt: Timestamp) throws(FeedError) {
        guard offer.grants(bar.bar, to: request, at: saidAt) else {
            guard offer.grants(bar.bar, to: request, at: now) else { return }
            throw reading.unreadable(row: row, field: "time", "it is final only since \(saidAt)")
        }
        if bar.bar.close.isNaN {
            throw reading.unreadable(row: row, field: "close", "it is missing")
        }
        if let fault = bar.bar.fault {
            throw reading.unreadable(row: row, field: fault.column, "\(fault)")
        }
        if let adjusted = bar.adjustedClose, !(adjusted > 0 && adjusted.isFinite) {
            throw reading.unreadable(row: row, field: "adjusted close", "\(adjusted) is no price")
        }
        if let split = bar.splitFactor, !(split > 0 && split.isFinite) {
            throw reading.unreadable(row: row, field: "split", "\(split) is no split's factor")
        }
        guard rows.count < FeedOffer.barLimit else {
            throw reading.error(.tooManyBars(limit: FeedOffer.barLimit))
        }
        rows.append((bar, row))
    }

    /// The bars, ascending. Rows that say the same are one bar.
    func bars() throws(FeedError) -> [FeedBar] {
        let sorted = rows.sorted { $0.bar.bar.timestamp < $1.bar.bar.timestamp }
        var bars: [FeedBar] = []
        bars.reserveCapacity(sorted.count)
        for (bar, row) in sorted {
            if let last = bars.last, last.bar.timestamp == bar.bar.timestamp {
                guard last.saysTheSame(as: bar) else {
                    throw reading.unreadable(
                        row: row, field: "time",
                        "two rows say different things of \(bar.bar.timestamp)")
                }
                continue
            }
            bars.append(bar)
        }
        return bars
    }
}

extension FeedBar {
    fileprivate func saysTheSame(as other: FeedBar) -> Bool {
        bar.saysTheSame(as: other.bar) && adjustedClose == other.adjustedClose
            && splitFactor == other.splitFactor && dividend == other.dividend
    }
}
