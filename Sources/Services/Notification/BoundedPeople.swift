import Contracts
package import Market
package import Notices
package import Ports

/// People of whom no more become known than a bound says, where nobody is asked for a token: there
/// anyone gives any name, and each is told of every change from then on, for good.
///
/// Those who ask at the same moment may be a few more. Fills make their users known all the same.
package struct BoundedPeople: NoticePreferencesStore {
    package static let limit = 10_000

    private let people: any NoticePreferencesStore
    private let limit: Int

    package init(_ people: any NoticePreferencesStore, limit: Int = BoundedPeople.limit) {
        self.people = people
        self.limit = limit
    }

    package func preferences(of addressee: Addressee) async throws -> NoticePreferences? {
        try await people.preferences(of: addressee)
    }

    package func knownPeople(unlessAmong addressee: Addressee) async throws -> Int? {
        try await people.knownPeople(unlessAmong: addressee)
    }

    /// - Throws: RESOURCE_EXHAUSTED.
    package func meet(
        _ addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticePreferences {
        try await makeRoom(for: addressee)
        return try await people.meet(addressee, at: instant)
    }

    /// - Throws: RESOURCE_EXHAUSTED.
    package func setPreferences(
        _ preferences: NoticePreferences, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        try await makeRoom(for: addressee)
        try await people.setPreferences(preferences, of: addressee, at: instant)
    }

    private func makeRoom(for addressee: Addressee) async throws {
        // A token says who it is.
        guard CallContext.current.principal == nil, addressee != .everyone,
            let count = try await people.knownPeople(unlessAmong: addressee), count >= limit
        else { return }
        throw RPCFault(
            .resourceExhausted,
            "user_id: '\(addressee.text)' would be one more than the \(limit) people who can be "
                + "told where nobody is asked for a token: use a name that is known, or serve with "
                + "tokens")
    }
}
