package import Market
package import Regimes
package import Trading

/// What is asked of ai-analysis, read and checked.
package struct StrategyQuestion: Sendable, Equatable {
    package let regime: Regime
    package let symbols: [MarketName]
    package let profile: RiskProfile
    /// Whose regimes these are.
    package let series: Series
    package let capital: DecimalNumber
    package let lot: DecimalNumber
    package let holdings: [MarketName: DecimalNumber]
    /// `nil`: the present.
    package let knownAt: Timestamp?

    package static let symbolsLimit = 5_000
    package static let standardProfile = RiskProfile.moderate
    package static let standardCapital = DecimalNumber(100_000)
    package static let standardLot = DecimalNumber(1)
    /// What capital, lots and holdings stay below.
    package static let amountLimit = Fill.amountLimit
    /// As JSON: 5,000 names, and as much of each.
    package static let bodyLimitBytes = 1 << 20

    package init(
        regime: Regime, symbols: [MarketName], profile: RiskProfile = standardProfile,
        series: Series, capital: DecimalNumber = standardCapital,
        lot: DecimalNumber = standardLot, holdings: [MarketName: DecimalNumber] = [:],
        knownAt: Timestamp? = nil
    ) {
        self.regime = regime
        self.symbols = symbols
        self.profile = profile
        self.series = series
        self.capital = capital
        self.lot = lot
        self.holdings = holdings
        self.knownAt = knownAt
    }

    /// - Throws: INVALID_ARGUMENT naming the field.
    package init(
        _ request: Bloasis_AiAnalysis_StrategyRequest, defaultMarket: MarketName, now: Timestamp
    ) throws(RPCFault) {
        regime = try RequestReading.regime(request.regime)
        symbols = try StrategyQuestion.symbols(request.symbols)
        profile = try RequestReading.riskProfile(request.riskProfile)
        series = try RequestReading.series(
            market: request.market, timeframe: request.timeframe, defaultMarket: defaultMarket)
        capital = try RequestReading.amount(
            request.capital, field: "capital", or: StrategyQuestion.standardCapital)
        lot = try RequestReading.amount(
            request.lot, field: "lot", or: StrategyQuestion.standardLot)
        holdings = try StrategyQuestion.holdings(request.holdings, of: symbols)
        // As bars are: clocks differ.
        knownAt = try RequestReading.knownAt(
            request.knownAt, now: now.advanced(bySeconds: Bar.clockToleranceSeconds))
    }

    static func symbols(_ names: [String]) throws(RPCFault) -> [MarketName] {
        guard (1...symbolsLimit).contains(names.count) else {
            throw .invalidArgument(
                "symbols: \(names.count) are given: give 1 to \(symbolsLimit)")
        }
        var symbols: [MarketName] = []
        var seen: Set<MarketName> = []
        for (index, text) in names.enumerated() {
            let symbol = try RequestReading.market(text, field: "symbols[\(index)]")
            guard seen.insert(symbol).inserted else {
                throw .invalidArgument(
                    "symbols[\(index)]: '\(symbol)' is given twice: give each once")
            }
            symbols.append(symbol)
        }
        return symbols
    }

    private static func holdings(
        _ listed: [Bloasis_AiAnalysis_Holding], of symbols: [MarketName]
    ) throws(RPCFault) -> [MarketName: DecimalNumber] {
        var holdings: [MarketName: DecimalNumber] = [:]
        let known = Set(symbols)
        for (index, holding) in listed.enumerated() {
            let field = "holdings[\(index)]"
            guard let symbol = MarketName(holding.symbol), known.contains(symbol) else {
                throw .invalidArgument(
                    "\(field).symbol: '\(RequestReading.excerpt(holding.symbol))' is not one of "
                        + "symbols")
            }
            let quantity = try RequestReading.decimal(
                holding.quantity, field: "\(field).quantity", within: amountLimit)
            guard holdings.updateValue(quantity, forKey: symbol) == nil else {
                throw .invalidArgument(
                    "\(field).symbol: '\(symbol)' is given twice: give each once")
            }
        }
        return holdings
    }
}

extension StrategyQuestion {
    /// The same question for the wire.
    package var request: Bloasis_AiAnalysis_StrategyRequest {
        var request = Bloasis_AiAnalysis_StrategyRequest()
        request.regime = regime.label
        request.symbols = symbols.map(\.text)
        request.riskProfile = profile.rawValue
        request.market = series.market.text
        request.timeframe = series.timeframe.description
        request.capital = "\(capital)"
        request.lot = "\(lot)"
        request.holdings = symbols.compactMap { symbol in
            guard let quantity = holdings[symbol], !quantity.isZero else { return nil }
            var holding = Bloasis_AiAnalysis_Holding()
            holding.symbol = symbol.text
            holding.quantity = "\(quantity)"
            return holding
        }
        request.knownAt = knownAt?.rfc3339 ?? ""
        return request
    }
}

extension RequestReading {
    /// - Throws: INVALID_ARGUMENT that lists the valid labels.
    package static func regime(_ label: String) throws(RPCFault) -> Regime {
        do throws(InvalidRegimeLabel) {
            return try Regime(label: excerpt(label))
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    package static func riskProfile(_ label: String) throws(RPCFault) -> RiskProfile {
        guard !label.isEmpty else { return StrategyQuestion.standardProfile }
        do throws(InvalidRiskProfile) {
            return try RiskProfile(label: excerpt(label))
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    package static func sector(_ label: String) throws(RPCFault) -> Sector {
        do throws(InvalidSector) {
            return try Sector(label: excerpt(label))
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    /// An amount above zero; the standard one for an empty text.
    package static func amount(
        _ text: String, field: String, or standard: DecimalNumber
    ) throws(RPCFault) -> DecimalNumber {
        guard !text.isEmpty else { return standard }
        let amount = try decimal(text, field: field, within: StrategyQuestion.amountLimit)
        guard amount > .zero else {
            throw .invalidArgument("\(field): \(amount) is not above 0")
        }
        return amount
    }

    /// A decimal number with as many digits as a fill may have.
    package static func decimal(
        _ text: String, field: String, within limit: DecimalNumber
    ) throws(RPCFault) -> DecimalNumber {
        let number: DecimalNumber
        do throws(DecimalError) {
            number = try DecimalNumber(parsing: text)
        } catch {
            throw .invalidArgument("\(field): '\(excerpt(text))' \(error)")
        }
        guard number.scale <= Fill.placesLimit else {
            throw .invalidArgument(
                "\(field): \(number) has more than \(Fill.placesLimit) digits after the point")
        }
        guard let magnitude = try? number.magnitude(), magnitude < limit else {
            throw .invalidArgument(
                "\(field): \(number) is too large: its magnitude must be below \(limit)")
        }
        return number
    }
}
