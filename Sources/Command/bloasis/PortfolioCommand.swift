import ArgumentParser
import Contracts
import Hosting
import Market
import Terminal
import TradingService

struct PortfolioCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "portfolio",
        abstract: "Says what a user's fills add up to.",
        discussion: """
            The oldest lots are closed first. Commissions count against what is realised.

            EXAMPLES
              bloasis portfolio --user ann
              bloasis portfolio --user ann --as-of 2018-12-31T21:00:00Z --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Whose portfolio.")
    var user: String

    @Option(help: "The organisation whose user it is.")
    var organisation: String?

    @Option(
        help: """
            Leave out what was reported later than this instant (RFC 3339); a day (YYYY-MM-DD) is \
            the midnight UTC that it begins with.
            """)
    var asOf: Instant?

    @Flag(help: "Print the API's JSON.")
    var json = false

    func run() async throws {
        try await Assembly.with(try common.configuration()) { assembly in
            var request = Bloasis_Trading_GetPortfolioRequest()
            request.userID = user
            request.asOf = asOf?.timestamp.rfc3339 ?? ""
            let portfolio = try await assembly.atDesk(of: organisation) {
                try await $0.trading.getPortfolio(request)
            }
            if json { StandardOutput.write(try WireJSON.text(portfolio) + "\n") }
            // Without positions there may have been fills all the same: busted ones.
            guard portfolio.sequence > 0 else {
                let end = asOf.map { " up to \($0.timestamp)" } ?? ""
                throw CommandFailure(.nothingFound, "no fills of \(user)\(end)")
            }
            if !json { StandardOutput.write(text(of: portfolio)) }
        }
    }

    private func text(of portfolio: Bloasis_Trading_Portfolio) -> String {
        guard !portfolio.positions.isEmpty else { return "no open positions\nrealised 0\n" }
        var table = TextTable([
            ("symbol", .left), ("quantity", .right), ("average price", .right), ("cost", .right),
            ("realised", .right), ("currency", .left),
        ])
        for position in portfolio.positions {
            table.append([
                position.symbol, position.quantity, position.averagePrice, position.cost,
                position.realised, position.currency,
            ])
        }
        let totals = portfolio.totals.map { "\($0.realised) \($0.currency)" }
        return table.text(Display.output) + "realised " + totals.joined(separator: ", ") + "\n"
    }
}
