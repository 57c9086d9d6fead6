package import Market
package import Ports
import Regimes
import Testing
package import Trading

/// A fresh paper book for one law, with the series that portfolios follow.
package struct PaperWorld: Sendable {
    package let book: any PaperBook
    package let store: any RegimeJournal & RegimeReader
    /// Another handle on the same book, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any PaperBook
    /// The book after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any PaperBook

    package init(
        book: any PaperBook, store: any RegimeJournal & RegimeReader,
        another: @escaping @Sendable () async throws -> any PaperBook,
        restart: @escaping @Sendable () async throws -> any PaperBook
    ) {
        self.book = book
        self.store = store
        self.another = another
        self.restart = restart
    }

    package static func inMemory() -> PaperWorld {
        let time = ManualTime()
        let store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
        let book = InMemoryPaperBook(beside: store)
        return PaperWorld(book: book, store: store, another: { book }, restart: { book })
    }

    /// Makes the series known, and announces a change for each regime.
    func announce(_ regimes: [Regime]) async throws {
        _ = try await store.register(Samples.profile())
        _ = try await store.record(Samples.batch(regimes, announcing: true))
    }
}

extension Samples {
    package static func paperKey(_ id: String = "main", user: String = "ann") -> PaperKey {
        guard let user = UserID(user), let id = PaperPortfolioID(id) else {
            preconditionFailure("names")
        }
        return PaperKey(userID: user, id: id)
    }

    package static func paperPortfolio(
        _ key: PaperKey = paperKey(), capital: DecimalNumber = DecimalNumber(100_000),
        terms: PaperTerms = .standard, symbols: [MarketName] = [series.market]
    ) throws -> PaperPortfolio {
        PaperPortfolio(
            key: key, series: series, symbols: symbols, profile: .moderate, capital: capital,
            currency: try #require(Currency("USD")), terms: terms)
    }

    package static func paperDecision(
        _ sequence: Int64, of key: PaperKey = paperKey(), orders: [PaperOrder] = []
    ) -> PaperDecision {
        PaperDecision(
            key: key, sequence: sequence, eventID: EventID("e-\(sequence)"), regime: .crisis,
            asOf: day(Int(sequence)), equity: DecimalNumber(123_456, scale: 2),
            strategy: "All in cash", rationale: "numbers", orders: orders)
    }

    package static func paperOrder(
        _ id: String, sequence: Int64, of key: PaperKey = paperKey()
    ) throws -> PaperOrder {
        PaperOrder(
            id: try #require(OrderID(id)), key: key, sequence: sequence, symbol: series.market,
            side: .sell, quantity: DecimalNumber(125, scale: 1), decidedAt: day(Int(sequence)),
            through: day(Int(sequence)))
    }
}

/// What every paper book keeps.
package enum PaperBookConformance {
    package static let laws: [Law<PaperWorld>] = portfolioLaws + decisionLaws + orderLaws

    private static let portfolioLaws: [Law<PaperWorld>] = [
        Law("a portfolio comes back as it was opened, after a restart too") { world in
            try await world.announce([.crisis, .normalBull])
            var terms = PaperTerms()
            terms.slippageBasisPoints = 1.5
            terms.participation = 0.25
            terms.lot = DecimalNumber(1, scale: 3)
            terms.seed = -7
            let symbols = ["SPX", "BRK.B", "^VIX"].compactMap { MarketName($0) }
            let asked = try Samples.paperPortfolio(
                capital: DecimalNumber(123_456_789, scale: 4), terms: terms, symbols: symbols)
            let opened = try await world.book.open(asked)
            #expect(opened.isOpenedAs(asked) && opened.fromSequence == 2)
            #expect(opened.decidedSequence == -1 && !opened.isClosed)
            let book = try await world.restart()
            #expect(try await book.portfolio(asked.key) == opened)
            #expect(try await book.portfolios(of: asked.key.userID) == [opened])
            #expect(try await book.portfolios(following: Samples.series) == [opened])
            #expect(try await book.portfolio(Samples.paperKey("other")) == nil)
        },
        Law("the same again changes nothing, also later; other terms are refused") { world in
            try await world.announce([.crisis])
            let asked = try Samples.paperPortfolio()
            let first = try await world.book.open(asked)
            _ = try await world.book.record(Samples.paperDecision(1))
            _ = try await world.store.record(
                Samples.batch(
                    [.euphoria], from: 1, previous: .crisis, announcing: true))
            let again = try await world.another().open(asked)
            #expect(again.fromSequence == first.fromSequence && again.decidedSequence == 1)
            await #expect(throws: PaperBookError.keyTaken(asked.key)) {
                _ = try await world.book.open(
                    Samples.paperPortfolio(capital: DecimalNumber(1)))
            }
        },
        Law("a series that is not known has no followers; people have so many") { world in
            await #expect(throws: PaperBookError.unknownSeries(Samples.series)) {
                _ = try await world.book.open(Samples.paperPortfolio())
            }
            try await world.announce([.crisis])
            for number in 0..<PaperPage.portfoliosLimit {
                _ = try await world.book.open(
                    Samples.paperPortfolio(Samples.paperKey("p\(number)")))
            }
            let ann = Samples.paperKey().userID
            await #expect(throws: PaperBookError.tooMany(ann)) {
                _ = try await world.book.open(Samples.paperPortfolio())
            }
            _ = try await world.book.open(
                Samples.paperPortfolio(Samples.paperKey(user: "bob")))
            let ids = try await world.book.portfolios(of: ann).map(\.key.id)
            #expect(ids.count == PaperPage.portfoliosLimit && ids == ids.sorted())
        },
        Law("a portfolio that is closed is followed no more, and its orders are cancelled") {
            world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let order = try Samples.paperOrder("o-1", sequence: 1)
            _ = try await world.book.record(Samples.paperDecision(1, orders: [order]))
            let closed = try await world.book.close(key, because: "enough")
            #expect(closed?.isClosed == true)
            #expect(try await world.book.close(key, because: "again")?.isClosed == true)
            #expect(try await world.book.portfolios(following: Samples.series).isEmpty)
            #expect(try await world.book.openOrders(of: nil).isEmpty)
            let told = try await world.book.decisions(of: key, after: 0, limit: 10)
            #expect(told.first?.orders.first?.status == .cancelled)
            #expect(told.first?.orders.first?.reason == "enough")
            #expect(
                try await world.book.close(Samples.paperKey("none"), because: "") == nil)
        },
    ]

    private static let decisionLaws: [Law<PaperWorld>] = [
        Law("a decision is written once, with its orders; the next cancels what is open") { world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let order = try Samples.paperOrder("o-1", sequence: 1)
            let decision = Samples.paperDecision(1, orders: [order])
            #expect(try await world.book.record(decision) == decision)
            var other = decision
            other.orders = []
            #expect(try await world.another().record(other) == decision)
            _ = try await world.store.record(
                Samples.batch(
                    [.euphoria], from: 1, previous: .crisis, announcing: true))
            let next = Samples.paperDecision(
                2, orders: [try Samples.paperOrder("o-2", sequence: 2)])
            _ = try await world.book.record(next)
            let book = try await world.restart()
            let told = try await book.decisions(of: key, after: 0, limit: 10)
            #expect(told.map(\.sequence) == [1, 2])
            #expect(told[0].orders.first?.status == .cancelled)
            #expect(told[0].orders.first?.reason == PaperPlan.reason(ofChange: 2))
            #expect(told[1] == next)
            #expect(try await book.decisions(of: key, after: 1, limit: 10) == [next])
            #expect(try await book.decisions(of: key, after: 0, limit: 1).count == 1)
            #expect(try await book.portfolio(key)?.decidedSequence == 2)
            #expect(try await book.openOrders(of: key) == next.orders)
        },
        Law("an order on an older change than the latest is refused, with the reason") { world in
            try await world.announce([.crisis, .normalBull])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let order = try Samples.paperOrder("o-1", sequence: 1)
            let told = try await world.book.record(Samples.paperDecision(1, orders: [order]))
            #expect(told.orders.isEmpty)
            #expect(told.refusal?.contains("decided on change 1, the latest is 2") == true)
            #expect(try await world.book.openOrders(of: key).isEmpty)
            let late = try await world.book.record(
                Samples.paperDecision(
                    2, orders: [try Samples.paperOrder("o-2", sequence: 2)]))
            #expect(late.refusal == nil && late.orders.count == 1)
            // Nor does an older one take anything away from the later one.
            _ = try await world.book.record(Samples.paperDecision(0))
            #expect(try await world.book.openOrders(of: key).count == 1)
        },
        Law("a refusal on the latest change ends what was ordered before it too") { world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let order = try Samples.paperOrder("o-1", sequence: 1)
            _ = try await world.book.record(Samples.paperDecision(1, orders: [order]))
            _ = try await world.store.record(
                Samples.batch([.euphoria], from: 1, previous: .crisis, announcing: true))
            var refused = Samples.paperDecision(2)
            refused.refusal = "no price"
            _ = try await world.book.record(refused)
            #expect(try await world.book.openOrders(of: key).isEmpty)
        },
        Law("nothing is decided for a portfolio that is closed, or is none") { world in
            try await world.announce([.crisis])
            let missing = Samples.paperDecision(1)
            await #expect(throws: PaperBookError.unknownPortfolio(missing.key)) {
                _ = try await world.book.record(missing)
            }
            let key = try await world.book.open(Samples.paperPortfolio()).key
            _ = try await world.book.close(key, because: "enough")
            let told = try await world.book.record(
                Samples.paperDecision(
                    1, orders: [try Samples.paperOrder("o-1", sequence: 1)]))
            #expect(told.refusal == "the portfolio is closed" && told.orders.isEmpty)
        },
        Law("of many who decide on one change at once, one is written") { world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let books = [world.book, try await world.another()]
            let told = try await withThrowingTaskGroup(of: PaperDecision.self) { group in
                for number in 0..<8 {
                    let order = try Samples.paperOrder("o-\(number)", sequence: 1)
                    group.addTask {
                        try await books[number % 2].record(
                            Samples.paperDecision(1, orders: [order]))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(told.map { $0.orders.map(\.id) }).count == 1)
            #expect(try await world.book.openOrders(of: key).count == 1)
        },
    ]

    private static let orderLaws: [Law<PaperWorld>] = [
        Law("an order goes on from where it was, once") { world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let before = try Samples.paperOrder("o-1", sequence: 1)
            _ = try await world.book.record(Samples.paperDecision(1, orders: [before]))
            var after = before
            after.filled = DecimalNumber(5)
            after.through = Samples.day(2)
            after.bars = 1
            #expect(try await world.book.advance(after, from: before))
            #expect(try await world.another().advance(after, from: before) == false)
            #expect(try await world.book.openOrders(of: nil) == [after])
            var done = after
            done.filled = done.quantity
            done.status = .filled
            done.through = Samples.day(3)
            done.bars = 2
            #expect(try await world.book.advance(done, from: after))
            let book = try await world.restart()
            #expect(try await book.openOrders(of: key).isEmpty)
            let told = try await book.decisions(of: key, after: 0, limit: 1)
            #expect(told.first?.orders == [done])
        },
        Law("an order that was cancelled meanwhile does not go on") { world in
            try await world.announce([.crisis])
            let key = try await world.book.open(Samples.paperPortfolio()).key
            let before = try Samples.paperOrder("o-1", sequence: 1)
            _ = try await world.book.record(Samples.paperDecision(1, orders: [before]))
            _ = try await world.book.close(key, because: "enough")
            var after = before
            after.through = Samples.day(2)
            #expect(try await world.book.advance(after, from: before) == false)
        },
    ]
}
