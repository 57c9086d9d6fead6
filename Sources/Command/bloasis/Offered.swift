import ArgumentParser
import Backends
import Foundation
import Hosting
import Indicators
import Ports
import Trading

/// What shells offer where a value is due.
enum Offered {
    /// Bars and other values by their dates.
    static let tables = CompletionKind.file(extensions: ["csv", "csv.gz"])
    static let documents = CompletionKind.file(extensions: ["json"])
    static let timeframes = CompletionKind.list(["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"])
    static let logFormats = CompletionKind.list(LogFormat.allCases.map(\.rawValue))
    static let logLevels = CompletionKind.list(ConfigurationTable.logLevels)
    static let features = CompletionKind.list(Feature.documentation.map(\.name))
    static let riskProfiles = CompletionKind.list(RiskProfile.allCases.map(\.rawValue))
    static let sides = CompletionKind.list(Side.allCases.map(\.rawValue))
    static let services = CompletionKind.list(
        ServiceName.all.map(\.text) + [BackfillWorkerHost.name])
    static let setAsideTopics = CompletionKind.list(Topic.setAside.map(\.name))
    /// Those that the embedded store knows.
    static let markets = CompletionKind.custom { words, _, _ in OfferedMarkets.names(for: words) }
}

/// The markets that a command line means: those of the store that its words name.
///
/// Somebody waits for them in the middle of a line: whatever is wrong, none are offered and nothing
/// is said. The store is only looked at, as it is.
enum OfferedMarkets {
    static func names(for words: [String]) -> [String] {
        var flags: [String: String] = [:]
        flags["BLOASIS_HOME"] = value(of: "--home", in: words)
        flags["DATABASE_URL"] = value(of: "--database-url", in: words)
        // Of what another server knows, this one's store says nothing.
        guard value(of: "--server", in: words) == nil,
            let table = try? Catalogue.byName.get().table(),
            let configuration = try? BloasisConfiguration.load(
                table: table, flags: flags, environment: ProcessInfo.processInfo.environment,
                configPath: value(of: "--config", in: words)),
            case .sqlite(let path) = configuration.store
        else { return [] }
        return (try? EmbeddedStore.markets(at: path)) ?? []
    }

    /// `--flag value` or `--flag=value`, as the shell passes it on: unexpanded.
    static func value(of flag: String, in words: [String]) -> String? {
        var raw: String?
        if let place = words.firstIndex(of: flag), place + 1 < words.count {
            raw = words[place + 1]
        } else {
            raw = words.first { $0.hasPrefix(flag + "=") }.map {
                String($0.dropFirst(flag.count + 1))
            }
        }
        guard let raw, !raw.isEmpty else { return nil }
        let bare = raw.filter { !"'\"\\".contains($0) }
        return bare.hasPrefix("~/") ? NSHomeDirectory() + bare.dropFirst() : bare
    }
}
