import Market
import Ports
import Synchronization

/// The keys of a file or a URL, looked for again when that is due. While that fails, those that
/// were had last stay in force.
final class RefreshedKeys: Sendable {
    enum Place: Sendable {
        case file(KeyFile)
        case url(KeySetURL, any KeySetFetcher)
    }

    private struct State {
        var schedule: RefreshSchedule
        var keys: [VerificationKey] = []
        /// Counts the sets of keys that there were.
        var version = 0
        var stamp: KeyFile.Stamp?
        var failure: KeySourceError?
        var flight: Task<Void, Never>?
        var isOver = false
    }

    private let place: Place
    private let failed: @Sendable (KeySourceError) -> Void
    private let state: Mutex<State>

    /// - Parameter failed: told of every attempt that brought nothing.
    init(_ place: Place, failed: @escaping @Sendable (KeySourceError) -> Void) {
        self.place = place
        self.failed = failed
        let pace: RefreshSchedule.Pace =
            switch place {
            case .file: .file
            case .url: .url
            }
        state = Mutex(State(schedule: RefreshSchedule(pace)))
    }

    /// The keys in force and which set they are: 0 before there were any.
    var current: (keys: [VerificationKey], version: Int) {
        state.withLock { ($0.keys, $0.version) }
    }

    /// Why the last attempt brought nothing.
    var failure: KeySourceError? { state.withLock { $0.failure } }

    /// Looks for keys where that is due. However many ask, it is done once, and all wait for it;
    /// one who is cancelled does not end it for the others.
    func refresh(at now: Timestamp, for need: RefreshSchedule.Need) async {
        await flight(at: now, for: need)?.value
    }

    /// Sees to keys that are not too old. A file is looked at now; a server is asked while the
    /// caller goes on with the keys that there are, however slow it may be.
    func keepFresh(at now: Timestamp) async {
        let flight = flight(at: now, for: .freshness)
        if case .file = place { await flight?.value }
    }

    /// Ends what is under way; nothing is looked for any more.
    func stop() {
        state.withLock { state in
            state.isOver = true
            return state.flight
        }?.cancel()
    }

    private func flight(
        at now: Timestamp, for need: RefreshSchedule.Need
    ) -> Task<Void, Never>? {
        state.withLock { state in
            if let flight = state.flight { return flight }
            guard !state.isOver, state.schedule.isDue(at: now, for: need) else { return nil }
            state.schedule.attempted(at: now)
            let flight = Task { await look(at: now) }
            state.flight = flight
            return flight
        }
    }

    private func look(at now: Timestamp) async {
        do {
            let found = try await load()
            state.withLock { state in
                state.flight = nil
                state.failure = nil
                state.schedule.succeeded(at: now)
                guard let found else { return }
                (state.keys, state.stamp) = (found.keys, found.stamp)
                state.version += 1
            }
        } catch {
            let isOver = state.withLock { state in
                (state.flight, state.failure) = (nil, error)
                return state.isOver
            }
            if !isOver { failed(error) }
        }
    }

    /// - Returns: `nil` when nothing has changed.
    private func load() async throws(KeySourceError) -> (
        keys: [VerificationKey], stamp: KeyFile.Stamp?
    )? {
        switch place {
        case .file(let file):
            guard let (document, stamp) = try file.read(unless: state.withLock { $0.stamp }) else {
                return nil
            }
            return (try await keys(in: document, from: file.path), stamp)
        case .url(let url, let fetcher):
            return (try await keys(in: try await fetcher.document(at: url), from: "\(url)"), nil)
        }
    }

    private func keys(
        in document: [UInt8], from location: String
    ) async throws(KeySourceError) -> [VerificationKey] {
        do {
            return try await KeySetDocument.keys(in: document)
        } catch {
            throw KeySourceError(location: location, problem: "\(error)")
        }
    }
}
