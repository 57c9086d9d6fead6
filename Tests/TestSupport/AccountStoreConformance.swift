package import Accounts
package import Market
package import Ports
import Testing
import Trading

/// A fresh store of accounts for one law.
package struct AccountWorld: Sendable {
    package let store: any AccountStore
    /// Another handle on the same store, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any AccountStore
    /// The store after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any AccountStore

    package init(
        store: any AccountStore, another: @escaping @Sendable () async throws -> any AccountStore,
        restart: @escaping @Sendable () async throws -> any AccountStore
    ) {
        self.store = store
        self.another = another
        self.restart = restart
    }

    package static func inMemory() -> AccountWorld {
        let store = InMemoryAccountStore()
        return AccountWorld(store: store, another: { store }, restart: { store })
    }
}

extension Samples {
    package static let firstLogin = instant(1_600_000_000)

    package static func organisation(_ name: String) throws -> Organisation {
        Organisation(name: try #require(OrganisationName(name)), createdAt: firstLogin)
    }

    package static func account(
        _ name: String, of organisation: Organisation? = nil, role: Role = .member,
        hash: String = "$scrypt$é"
    ) throws -> Account {
        Account(
            userID: try #require(AccountRule.userID(name)), organisation: organisation?.name,
            role: role, passwordHash: PasswordHash(hash), createdAt: firstLogin)
    }

    package static func session(
        _ name: String, of account: Account, second: Int64 = 0
    ) -> LoginSession {
        LoginSession(
            id: SessionID(name), userID: account.userID,
            startedAt: instant(1_600_000_000 + second), token: TokenDigest("\(name)-0"))
    }
}

/// What every `AccountStore` keeps.
package enum AccountStoreConformance {
    package static let laws = accounts + sessions

    private static let later = Samples.instant(1_600_000_100)

    private static let accounts: [Law<AccountWorld>] = [
        Law("organisations and accounts come back as they were, after a restart too") {
            world async throws in
            let acme = try Samples.organisation("acme")
            try await world.store.add(acme)
            let all = [
                try Samples.account("ada", role: .admin),
                try Samples.account("bob", of: acme, role: .manager),
                try Samples.account("cy@example.com", of: acme),
            ]
            for account in all { try await world.store.add(account) }
            let store = try await world.restart()
            #expect(try await store.organisations() == [acme])
            #expect(try await store.organisation(acme.name) == acme)
            for account in all { #expect(try await store.account(account.userID) == account) }
            #expect(try await store.account(try #require(UserID("nobody"))) == nil)
        },
        Law("names are taken once") { world async throws in
            let acme = try Samples.organisation("acme")
            try await world.store.add(acme)
            await #expect(throws: AccountStoreError.organisationExists(acme.name)) {
                try await world.another().add(acme)
            }
            let ada = try Samples.account("ada", of: acme)
            try await world.store.add(ada)
            // Also to somebody of another organisation.
            let other = try Samples.account("ada", hash: "$scrypt$other")
            await #expect(throws: AccountStoreError.accountExists(ada.userID)) {
                try await world.another().add(other)
            }
            #expect(try await world.store.account(ada.userID) == ada)
        },
        Law("an account belongs to an organisation that there is") { world async throws in
            let ghost = try Samples.organisation("ghost")
            let ada = try Samples.account("ada", of: ghost)
            await #expect(throws: AccountStoreError.unknownOrganisation(ghost.name)) {
                try await world.store.add(ada)
            }
            #expect(try await world.store.account(ada.userID) == nil)
        },
        Law("lists are by name, page by page, and of one organisation where one is named") {
            world async throws in
            let (acme, zeta) = (
                try Samples.organisation("acme"), try Samples.organisation("zeta")
            )
            for organisation in [zeta, acme] { try await world.store.add(organisation) }
            #expect(try await world.store.organisations().map(\.name.text) == ["acme", "zeta"])
            for name in ["e", "b", "d", "a", "c"] {
                try await world.store.add(
                    Samples.account(name, of: name < "c" ? acme : name < "e" ? zeta : nil))
            }
            func names(
                _ selection: AccountSelection, after last: String? = nil, limit: Int = 10
            ) async throws -> [String] {
                try await world.store.accounts(
                    selection, after: last.flatMap { UserID($0) }, limit: limit
                ).map(\.userID.text)
            }
            #expect(try await names(.all) == ["a", "b", "c", "d", "e"])
            #expect(try await names(.all, after: "b", limit: 2) == ["c", "d"])
            #expect(try await names(.organisation(zeta.name)) == ["c", "d"])
            #expect(try await names(.organisation(acme.name), after: "a") == ["b"])
            #expect(try await names(.organisation(acme.name), after: "b").isEmpty)
        },
        Law("who changes what was changed meanwhile is told") { world async throws in
            let ada = try Samples.account("ada")
            let change = ada.changed { $0.role = .admin }
            await #expect(throws: AccountStoreError.unknownAccount(ada.userID)) {
                try await world.store.update(change, endingSessions: nil, at: later)
            }
            try await world.store.add(ada)
            try await world.store.update(change, endingSessions: nil, at: later)
            await #expect(throws: AccountStoreError.changedMeanwhile(ada.userID)) {
                try await world.another().update(
                    ada.changed { $0.isDisabled = true }, endingSessions: .disabled, at: later)
            }
            #expect(try await world.restart().account(ada.userID) == change)
        },
    ]

    private static let sessions: [Law<AccountWorld>] = [
        Law("a session goes on with its current token, from one to the next") {
            world async throws in
            let ada = try Samples.account("ada")
            try await world.store.add(ada)
            let session = Samples.session("s", of: ada)
            try await world.store.begin(session, of: ada)
            #expect(try await world.another().sessions(of: ada.userID) == [session])
            for step in 0..<3 {
                let (renewal, account) = try await world.another().renew(
                    TokenDigest("s-\(step)"), as: TokenDigest("s-\(step + 1)"), at: later)
                guard case .renewed(let renewed) = renewal else {
                    Issue.record("\(renewal)")
                    return
                }
                #expect(renewed.current == TokenDigest("s-\(step + 1)"))
                #expect(renewed.expiresAt == session.expiresAt)
                #expect(account == ada)
            }
            let (unknown, nobody) = try await world.store.renew(
                TokenDigest("stranger"), as: TokenDigest("x"), at: later)
            #expect(unknown == .refused(.unknown) && nobody == nil)
            let kept = try await world.store.sessions(of: ada.userID)
            #expect(kept.map(\.current) == [TokenDigest("s-3")])
            #expect(try await world.restart().sessions(of: ada.userID) == kept)
        },
        Law("a token that comes a second time ends the session, for whoever has the other") {
            world async throws in
            let ada = try Samples.account("ada")
            try await world.store.add(ada)
            try await world.store.begin(Samples.session("s", of: ada), of: ada)
            try await world.store.begin(Samples.session("t", of: ada), of: ada)
            _ = try await world.store.renew(TokenDigest("s-0"), as: TokenDigest("s-1"), at: later)
            let (again, _) = try await world.another().renew(
                TokenDigest("s-0"), as: TokenDigest("thief"), at: later)
            guard case .reused(let over) = again else {
                Issue.record("\(again)")
                return
            }
            #expect(over.userID == ada.userID)
            let store = try await world.restart()
            for token in ["s-1", "s-0"] {
                let (refused, _) = try await store.renew(
                    TokenDigest(token), as: TokenDigest("n"), at: later)
                #expect(refused == .refused(.ended(.reused)))
            }
            // What takes no token's place is none.
            let (thief, _) = try await store.renew(
                TokenDigest("thief"), as: TokenDigest("n"), at: later)
            #expect(thief == .refused(.unknown))
            let (other, _) = try await store.renew(
                TokenDigest("t-0"), as: TokenDigest("t-1"), at: later)
            guard case .renewed = other else {
                Issue.record("\(other)")
                return
            }
        },
        Law("of many who show one token at once, one goes on and the session is over") {
            world async throws in
            let ada = try Samples.account("ada")
            try await world.store.add(ada)
            try await world.store.begin(Samples.session("s", of: ada), of: ada)
            let stores = [world.store, try await world.another()]
            let renewals = try await withThrowingTaskGroup(of: Renewal.self) { group in
                for racer in 0..<8 {
                    group.addTask {
                        try await stores[racer % 2].renew(
                            TokenDigest("s-0"), as: TokenDigest("r-\(racer)"), at: later
                        ).renewal
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let renewed = renewals.filter { if case .renewed = $0 { true } else { false } }
            let reused = renewals.filter { if case .reused = $0 { true } else { false } }
            #expect(renewed.count == 1 && reused.count == 1)
            #expect(
                try await world.store.sessions(of: ada.userID).map { $0.ended?.because } == [
                    .reused
                ])
        },
        Law("a changed password and a disabled account end all sessions of the account") {
            world async throws in
            let (ada, bob) = (try Samples.account("ada"), try Samples.account("bob"))
            for account in [ada, bob] { try await world.store.add(account) }
            try await world.store.begin(Samples.session("s", of: ada), of: ada)
            try await world.store.begin(Samples.session("t", of: ada), of: ada)
            try await world.store.begin(Samples.session("u", of: bob), of: bob)
            try await world.store.update(
                ada.changed { $0.passwordHash = PasswordHash("new") },
                endingSessions: .passwordChanged, at: later)
            for token in ["s-0", "t-0"] {
                let (refused, _) = try await world.store.renew(
                    TokenDigest(token), as: TokenDigest("n"), at: later)
                #expect(refused == .refused(.ended(.passwordChanged)))
            }
            try await world.store.update(
                bob.changed { $0.isDisabled = true }, endingSessions: nil, at: later)
            let (refused, _) = try await world.store.renew(
                TokenDigest("u-0"), as: TokenDigest("n"), at: later)
            #expect(refused == .refused(.ended(.disabled)))
        },
        Law("no session begins of an account that was changed since the password was looked at") {
            world async throws in
            let ada = try Samples.account("ada")
            let session = Samples.session("s", of: ada)
            await #expect(throws: AccountStoreError.unknownAccount(ada.userID)) {
                try await world.store.begin(session, of: ada)
            }
            try await world.store.add(ada)
            let changed = ada.changed { $0.passwordHash = PasswordHash("new") }
            try await world.another().update(
                changed, endingSessions: .passwordChanged, at: later)
            await #expect(throws: AccountStoreError.changedMeanwhile(ada.userID)) {
                try await world.store.begin(session, of: ada)
            }
            #expect(try await world.store.sessions(of: ada.userID).isEmpty)
            try await world.store.begin(session, of: changed)
        },
        Law("any token of a session ends it, and none of another's") { world async throws in
            let ada = try Samples.account("ada")
            try await world.store.add(ada)
            try await world.store.begin(Samples.session("s", of: ada), of: ada)
            try await world.store.begin(Samples.session("t", of: ada), of: ada)
            _ = try await world.store.renew(TokenDigest("s-0"), as: TokenDigest("s-1"), at: later)
            let ended = try await world.another().endSession(
                of: TokenDigest("s-0"), because: .loggedOut, at: later)
            #expect(ended?.id == SessionID("s") && ended?.ended?.because == .loggedOut)
            let none = try await world.store.endSession(
                of: TokenDigest("stranger"), because: .loggedOut, at: later)
            #expect(none == nil)
            let (refused, _) = try await world.store.renew(
                TokenDigest("s-1"), as: TokenDigest("s-2"), at: later)
            #expect(refused == .refused(.ended(.loggedOut)))
            #expect(
                try await world.restart().sessions(of: ada.userID).filter { $0.ended == nil }
                    .map(\.id) == [SessionID("t")])
        },
        Law("the oldest session beyond the limit ends; one over for good is forgotten") {
            world async throws in
            let ada = try Samples.account("ada")
            try await world.store.add(ada)
            for number in 0...LoginSession.countLimit {
                try await world.store.begin(
                    Samples.session("s\(number)", of: ada, second: Int64(number)), of: ada)
            }
            let (refused, _) = try await world.store.renew(
                TokenDigest("s0-0"), as: TokenDigest("n"), at: later)
            #expect(refused == .refused(.ended(.crowdedOut)))
            let open = try await world.store.sessions(of: ada.userID).filter { $0.ended == nil }
            #expect(open.count == LoginSession.countLimit)

            let fresh = Samples.session("fresh", of: ada, second: 86_400 * 40)
            try await world.store.begin(fresh, of: ada)
            #expect(try await world.store.sessions(of: ada.userID) == [fresh])
            let (forgotten, _) = try await world.store.renew(
                TokenDigest("s1-0"), as: TokenDigest("n"), at: fresh.startedAt)
            #expect(forgotten == .refused(.unknown))
        },
    ]
}
