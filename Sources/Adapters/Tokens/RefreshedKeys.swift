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
        let flight = state.withLock { state -> Task<Void, Never>? in
            if let flight = state.flight { return flight }
            guard state.schedule.isDue(at: now, for: need) else { return nil }
            state.schedule.attempted(at: now)
            let flight = Task { await look(at: now) }
            state.flight = flight
            return flight
        }
        await flight?.value
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
            state.withLock { ($0.flight, $0.failure) = (nil, error) }
            failed(error)
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
