import Contracts
import Hosting
import MarketRegime
import Ports

/// What the services of a serving process share besides the store.
final class Serving: Sendable {
    let configuration: BloasisConfiguration
    let metrics: PrometheusRegistry
    let descriptors: ServiceDescriptors
    /// Which methods are answered, and by whom.
    let plan: ServePlan
    /// How many connections the doors may have.
    let budget = DescriptorBudget.raised()

    init(
        _ configuration: BloasisConfiguration, _ plan: ServePlan, _ metrics: PrometheusRegistry
    ) throws {
        self.configuration = configuration
        self.plan = plan
        self.metrics = metrics
        descriptors = try ServiceDescriptors()
    }
}

/// Which services a process runs, and whose methods its doors answer.
struct ServePlan: Sendable {
    /// Names in the catalogue.
    let entries: [String]
    /// Services of the port table whose methods are answered here, from the store.
    let local: [ServiceName]
    /// Services that other processes answer for this one.
    let remote: [ServiceName]
    /// Services elsewhere that those of this process ask.
    let asked: [ServiceName]
    /// Whether the page and the document of the API are served.
    let hasPage: Bool

    /// - Parameter service: the one to serve; `nil`: all in one process.
    init(_ service: ServiceName?) {
        switch service {
        case nil:
            entries = [
                EventRelay.name, MarketRegimeHost.name, ClosedDayVerification.name,
                FeedPollerHost.name, AnalysisHost.name, TradingHost.name, NotificationHost.name,
                AccountsHost.name, OrganisationsHost.name, GRPCDoor.name, HTTPDoor.name,
                Registration.name,
            ]
            (local, remote, asked) = (ServePlan.answering, [], [])
            hasPage = true
        case .marketRegime?:
            entries = [
                EventRelay.name, MarketRegimeHost.name, ClosedDayVerification.name,
                FeedPollerHost.name, GRPCDoor.name, HTTPDoor.name, Registration.name,
            ]
            (local, remote, asked) = ([.marketRegime], [], [.aiAnalysis])
            hasPage = true
        case .aiAnalysis?:
            // Only to the topics that brokers have does nobody else's relay publish for it.
            entries = [
                EventRelay.name, AnalysisHost.name, GRPCDoor.name, HTTPDoor.name,
                Registration.name,
            ]
            (local, remote, asked) = ([.aiAnalysis], [], [])
            hasPage = false
        case .trading?:
            entries = [
                EventRelay.name, TradingHost.name, OrganisationsHost.name, GRPCDoor.name,
                HTTPDoor.name, Registration.name,
            ]
            (local, remote, asked) = ([.trading], [], [.aiAnalysis])
            hasPage = false
        case .notification?:
            entries = [
                EventRelay.name, NotificationHost.name, OrganisationsHost.name, GRPCDoor.name,
                HTTPDoor.name, Registration.name,
            ]
            (local, remote, asked) = ([.notification], [], [])
            hasPage = false
        case .accounts?:
            entries = [AccountsHost.name, GRPCDoor.name, HTTPDoor.name, Registration.name]
            (local, remote, asked) = ([.accounts], [], [])
            hasPage = false
        case .gateway?:
            entries = [HTTPDoor.name, Registration.name]
            (local, remote, asked) = ([], ServePlan.answering, [])
            hasPage = true
        case let worker? where worker.text == BackfillWorkerHost.name:
            entries = [EventRelay.name, BackfillWorkerHost.name]
            (local, remote, asked) = ([], [], [])
            hasPage = false
        case let other?:
            entries = [other.text]
            (local, remote, asked) = ([], [], [])
            hasPage = false
        }
    }

    /// Those that have methods.
    static let answering: [ServiceName] = [
        .marketRegime, .aiAnalysis, .trading, .notification, .accounts,
    ]
}
