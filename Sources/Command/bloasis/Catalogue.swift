import Hosting

/// The services there are, each after those it depends on.
enum Catalogue {
    private static let services: [any HostedService.Type] = [
        EventRelay.self,
        MarketRegimeHost.self,
        FeedPollerHost.self,
        ClosedDayVerification.self,
        AnalysisHost.self,
        TradingHost.self,
        NotificationHost.self,
        AccountsHost.self,
        OrganisationsHost.self,
        BackfillWorkerHost.self,
        GRPCDoor.self,
        HTTPDoor.self,
        ConfigServiceHost.self,
        Registration.self,
    ]

    /// The same by their names; fails where two have one name.
    static let byName = Result { () throws(ConfigurationError) in try ServiceCatalogue(services) }

    /// Parts that services of the port table are made of; they do nothing on their own.
    private static let parts = [
        EventRelay.name, ClosedDayVerification.name, GRPCDoor.name, HTTPDoor.name,
        Registration.name,
    ]

    /// Whether `bloasis serve` may be told to run a service by this name alone.
    static func isService(_ name: String) -> Bool {
        services.contains { $0.name == name } && !parts.contains(name)
    }
}
