package import Contracts

extension MethodTable {
    /// `bloasis.market_regime.MarketRegimeService`.
    package mutating func add(_ api: any MarketRegimeAPI) {
        let service = "bloasis.market_regime.MarketRegimeService"
        unary(service, "GetCurrentRegime") { try await api.getCurrentRegime($0) }
        unary(service, "GetRegimeHistory") { try await api.getRegimeHistory($0) }
        unary(service, "ListRegimeChanges") { try await api.listRegimeChanges($0) }
        stream(service, "StreamRegimeChanges") { try await api.streamRegimeChanges($0) }
        unary(service, "SaveRegime") { try await api.saveRegime($0) }
        unary(service, "ListModels") { try await api.listModels($0) }
        unary(service, "GetModel") { try await api.getModel($0) }
    }

    /// `bloasis.trading.TradingService`.
    package mutating func add(_ trading: any TradingAPI, _ marketData: any MarketDataAPI) {
        let service = "bloasis.trading.TradingService"
        unary(service, "RecordFill") { try await trading.recordFill($0) }
        unary(service, "GetPortfolio") { try await trading.getPortfolio($0) }
        unary(service, "RecordBars") { try await marketData.recordBars($0) }
    }
}
