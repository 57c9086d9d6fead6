import Market
import Ports
import Regimes

/// Series of a replay as it has them, and all others as they are stored: what trades with them asks
/// for what was known at instants of the replay alone.
struct ReplayReader: RegimeReader {
    let series: Series
    let replayed: any RegimeReader
    let stored: any RegimeReader

    private func reader(of series: Series) -> any RegimeReader {
        series == self.series ? replayed : stored
    }

    func heads() async throws -> [SeriesHead] {
        try await replayed.heads() + stored.heads().filter { $0.profile.series != series }
    }

    func head(of series: Series) async throws -> SeriesHead? {
        try await reader(of: series).head(of: series)
    }

    func current(_ series: Series) async throws -> RegimeAssessment? {
        try await reader(of: series).current(series)
    }

    func known(_ series: Series, at instant: Timestamp) async throws -> RegimeAssessment? {
        try await reader(of: series).known(series, at: instant)
    }

    func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        try await reader(of: query.series).history(query)
    }

    func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        try await reader(of: query.series).changes(query)
    }

    func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        try await reader(of: query.series).shadowAnswers(query, onlyDisagreeing: onlyDisagreeing)
    }

    func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        try await reader(of: series).shadowTally(of: series, after: instant)
    }

    func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        try await reader(of: query.series).changesAndOverrides(query)
    }

    func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        try await reader(of: series).announcements(of: series, after: sequence, limit: limit)
    }

    func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        try await reader(of: query.series).bars(query)
    }

    func models(of series: Series) async throws -> [StoredModel] {
        try await reader(of: series).models(of: series)
    }

    func model(_ version: ModelVersion) async throws -> StoredModel? {
        try await replayed.model(version)
    }

    func activations(of series: Series) async throws -> [ModelActivation] {
        try await reader(of: series).activations(of: series)
    }

    func commits() -> AsyncStream<Void> { replayed.commits() }

    func ping() async throws { try await replayed.ping() }
}
