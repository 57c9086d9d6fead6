import Market
package import Ports
import Regimes

/// Values as text that differs whenever a field does: a double prints as the shortest decimal
/// that gives its bits back, and -0.0 and NaN as themselves.
package func transcript(_ values: some Sequence) -> [String] {
    values.map { String(reflecting: $0) }
}

/// Everything a reader can see of a store.
package func transcript(of store: any RegimeStore) async throws -> [String] {
    var lines: [String] = []
    let page = try await store.series(
        CatalogueQuery(labels: LabelQuery(over: .earliest ..< .latest)))
    for head in try await store.heads() {
        let series = head.profile.series
        lines.append(String(reflecting: head))
        lines += try await transcript(store.history(SeriesQuery(series)))
        lines += try await transcript(store.changes(SeriesQuery(series)))
        lines += try await transcript(store.changesAndOverrides(ChangeQuery(series)))
        lines += try await transcript(store.announcements(of: series, after: 0, limit: 10_000))
        lines.append(String(reflecting: page.labels[series]))
        lines.append(String(reflecting: page.currents[series]))
        lines += try await transcript(store.overrides(of: series, after: 0, limit: 10_000))
        lines += try await transcript(store.bars(SeriesQuery(series)))
        lines += try await transcript(store.models(of: series))
        lines += try await transcript(store.activations(of: series))
    }
    return try await lines + store.pending(limit: 10_000).map(line)
}

/// An outbox row with its headers in order.
package func line(_ row: OutboxRow) -> String {
    let message = row.message
    let headers = message.headers.sorted { $0.key < $1.key }
    return "\(row.position) \(row.eventID) \(message.topic) \(message.key) "
        + "\(message.payload) \(headers)"
}
