import AIAnalysis
import Accounts
import Contracts
import Hosting
import Logging
import Market
import Ports
import ServiceLifecycle
import TradingService

/// What users have (fills, portfolios, notices) with what works on it: what is kept centrally, or
/// one organisation's, over the market that all share.
struct UserDesk: Sendable {
    /// What is the same for everybody.
    struct Market: Sendable {
        let reader: any RegimeStore
        let events: any EventBus
        let defaultMarket: MarketName
    }

    let market: Market
    /// `nil`: the central one.
    let organisation: OrganisationName?
    let storage: Storage
    /// Cached.
    let portfolios: Portfolios
    let logger: Logger
    private let failPoints: FailPoints?

    /// The central one, or an organisation's.
    ///
    /// - Parameter shared: where answers are cached for other processes too. Users of two
    ///   organisations may have one name: an organisation's answers are not kept there.
    init(
        _ market: Market, _ storage: Storage, of organisation: OrganisationName? = nil,
        shared: (any SharedCache)? = nil, _ failPoints: FailPoints?, _ logger: Logger
    ) {
        self.market = market
        self.organisation = organisation
        self.storage = storage
        self.failPoints = failPoints
        self.logger = logger
        let store = storage.regimes
        portfolios = Portfolios(
            ledger: storage.fills, commits: { store.commits() as AsyncStream<Void> },
            shared: organisation == nil ? shared : nil, Assembly.cacheEnvironment)
    }

    /// The desk of an organisation's users over the same market.
    func ofOrganisation(_ organisation: Organisation) async throws -> UserDesk {
        var logger = logger
        logger[metadataKey: "organisation"] = "\(organisation.name)"
        let own = try await storage.ofOrganisation(organisation)
        for warning in own.warnings { logger.warning("\(warning)") }
        return UserDesk(market, own, of: organisation.name, failPoints, logger)
    }

    private var paper: any PaperBook {
        failPoints.map { FailingPaperBook(book: storage.paper, points: $0) } ?? storage.paper
    }

    private var fills: any FillLedger {
        failPoints.map { FailingLedger(ledger: storage.fills, points: $0) } ?? storage.fills
    }

    private var outbox: any Outbox {
        failPoints.map { FailingOutbox(outbox: storage.regimes, points: $0) } ?? storage.regimes
    }

    /// What happens to these users: an organisation's in its own log, and else where regimes
    /// change too.
    private var events: any EventBus {
        guard organisation != nil else { return market.events }
        return failPoints.map { FailingBus(bus: storage.events, points: $0) } ?? storage.events
    }

    /// Publishes what is committed for these users; centrally, what is for the market too.
    var relay: OutboxRelay {
        OutboxRelay(
            outbox: outbox, bus: events, owner: Assembly.instanceID, now: { WallClock.now },
            logger: logger)
    }

    /// Reads topics of the market and of these users.
    func consumers(
        of topics: [Topic], as group: ConsumerGroup, having effect: any EventEffect
    ) -> [EventConsumer] {
        func consumer(
            _ topics: [Topic], _ bus: any EventBus, _ group: ConsumerGroup
        ) -> EventConsumer {
            EventConsumer(
                of: topics, on: bus, as: group, having: effect, now: { WallClock.now },
                logger: logger)
        }
        guard let organisation else { return [consumer(topics, market.events, group)] }
        let own = topics.filter { $0 == .orderFilled }
        let shared = topics.filter { $0 != .orderFilled }
        // On the shared log each organisation has read so far by itself.
        return
            (shared.isEmpty
            ? [] : [consumer(shared, market.events, group.ofOrganisation(organisation))])
            + (own.isEmpty ? [] : [consumer(own, events, group)])
    }

    var trading: FillRecording {
        FillRecording(
            ledger: fills, reader: market.reader, portfolios: portfolios,
            defaultMarket: market.defaultMarket, now: { WallClock.now })
    }

    private var paperBroker: PaperBroker {
        PaperBroker(paper, reader: market.reader, ledger: fills, recording: trading)
    }

    /// - Parameter analysis: where ai-analysis is.
    func paperTrader(asking analysis: any AIAnalysisAPI) -> PaperTrader {
        PaperTrader(
            paper, reader: market.reader, ledger: fills,
            analysis: analysis, broker: paperBroker, now: { WallClock.now })
    }

    func paperTrading(_ trader: PaperTrader) -> PaperTrading {
        PaperTrading(
            paper, trader: trader, broker: paperBroker,
            defaultMarket: market.defaultMarket, now: { WallClock.now })
    }

    /// Keeps portfolios at hand, and trades for those of paper.
    func tradingParts(_ trader: PaperTrader) -> [any Service] {
        let settlement = paperTrading(trader).settlement(
            after: { [reader = market.reader] in reader.commits() }, logger: logger)
        return [portfolios, settlement]
            + consumers(of: PaperTrader.topics, as: PaperTrader.group, having: trader)
    }
}
