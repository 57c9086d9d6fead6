import Accounts
import Backends
import Market
import Ports
import Regimes
import TestSupport
import Testing
import Trading

@Suite("Databases of organisations", .serialized, .timeLimit(.minutes(5)))
struct OrganisationStoreTests {
    private static let names = ["acme", "acme-east", "b2"]

    private func organisation(
        _ name: String, addedAt nanoseconds: Int64 = 0
    ) throws
        -> Organisation
    {
        Organisation(
            name: try #require(OrganisationName(name)),
            createdAt: Timestamp(nanoseconds: nanoseconds))
    }

    private func expectNobodyReadsAcross(_ ledgers: [String: any FillLedger]) async throws {
        let user = try #require(UserID("ann"))
        for (name, ledger) in ledgers {
            let fill = try Samples.fill("fill-of-\(name)", user: "ann")
            _ = try await ledger.record(fill, knowing: nil)
        }
        for (name, ledger) in ledgers {
            let fills = try await ledger.fills(of: user)
            #expect(fills.map(\.fill.id.text) == ["fill-of-\(name)"])
            for other in ledgers.keys where other != name {
                #expect(try await ledger.fill(try #require(FillID("fill-of-\(other)"))) == nil)
            }
        }
    }

    @Test("files: each organisation has its own, and users of one name are not one")
    func files() async throws {
        let store = try TemporaryStore()
        let central = try store.open()
        var ledgers: [String: any FillLedger] = ["central": central.fills]
        var opened: [EmbeddedStore] = []
        for name in Self.names {
            let own = try await central.ofOrganisation(try organisation(name))
            opened.append(own)
            ledgers[name] = own.fills
        }
        try await expectNobodyReadsAcross(ledgers)
        for own in opened { try own.close() }
        // It is the same one again.
        let again = try await central.ofOrganisation(try organisation("acme"))
        #expect(try await again.fills.fills(of: try #require(UserID("ann"))).count == 1)
        try again.close()
    }

    @Test("a file that was another's is not taken")
    func foreignFile() async throws {
        let store = try TemporaryStore()
        let central = try store.open()
        try await central.ofOrganisation(try organisation("acme")).close()
        await #expect {
            try await central.ofOrganisation(try organisation("acme", addedAt: 1_000_000))
        } throws: { error in
            guard let error = error as? StoreError else { return false }
            return error.code == .failed && error.description.contains("acme")
                && error.description.contains("not the database of the organisation")
        }
    }

    @Test("databases: made once however many open them at once, and nobody reads across")
    func databases() async throws {
        try await TemporaryDatabase.with { database in
            let handles = [try await database.open(), try await database.open()]
            let acme = try organisation("acme")
            let opened = try await withThrowingTaskGroup(of: PostgresStore.self) { group in
                for round in 0..<6 {
                    group.addTask { try await handles[round % 2].ofOrganisation(acme) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var ledgers: [String: any FillLedger] = [
                "central": handles[0].fills, "acme": opened[0].fills,
            ]
            var others: [PostgresStore] = []
            for name in Self.names.dropFirst() {
                let own = try await handles[0].ofOrganisation(try organisation(name))
                others.append(own)
                ledgers[name] = own.fills
            }
            try await expectNobodyReadsAcross(ledgers)
            #expect(Set((opened + others).map(\.location)).count == Self.names.count)
            for store in opened {
                #expect(store.location.hasSuffix("__acme"))
                #expect(try await store.fills.fills(of: try #require(UserID("ann"))).count == 1)
            }
            await #expect(throws: StoreError.self) {
                try await handles[0].ofOrganisation(
                    try organisation("acme", addedAt: 1_000_000))
            }
            for store in opened + others { await store.close() }
        }
    }

    @Test("a name that the server would cut off is none")
    func longName() async throws {
        try await TemporaryDatabase.with { database in
            let central = try await database.open()
            let long = try organisation("a" + String(repeating: "x", count: 39))
            let own = try await central.ofOrganisation(long)
            await #expect {
                try await own.ofOrganisation(long)
            } throws: { "\($0)".contains("longer than 63 bytes") }
            await own.close()
        }
    }
}
