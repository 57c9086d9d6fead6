/// A service by its name in the port table.
package struct ServiceName: Hashable, Sendable {
    package let text: String

    package static let marketRegime = ServiceName("market-regime")
    package static let aiAnalysis = ServiceName("ai-analysis")
    package static let notification = ServiceName("notification")
    package static let trading = ServiceName("trading")
    package static let accounts = ServiceName("accounts")
    package static let gateway = ServiceName("gateway")
    package static let configService = ServiceName("config-service")

    package static let all: [ServiceName] = [
        .marketRegime, .aiAnalysis, .notification, .trading, .accounts, .gateway, .configService,
    ]

    package init(_ text: String) {
        self.text = text
    }

    /// A service that can be served.
    ///
    /// - Throws: when there is no such service.
    package init(servable text: String) throws(ConfigurationError) {
        let name = ServiceName(text)
        guard ServiceName.all.contains(name) else {
            let names = ServiceName.all.map(\.text).joined(separator: ", ")
            throw ConfigurationError([
                "there is no service \(text): serve one of \(names), or all by naming none"
            ])
        }
        self = name
    }

    /// The port the table gives it; `nil` when it does not speak that protocol.
    func standardPort(_ kind: PortKind) -> Int? {
        switch (self, kind) {
        case (.marketRegime, .grpc): 50051
        case (.marketRegime, .http): 8081
        case (.aiAnalysis, .grpc): 50052
        case (.aiAnalysis, .http): 8083
        case (.notification, .grpc): 50053
        case (.notification, .http): 8084
        case (.trading, .grpc): 50054
        case (.trading, .http): 8085
        case (.accounts, .grpc): 50055
        case (.accounts, .http): 8086
        case (.gateway, .http): 8080
        case (.configService, .http): 8082
        default: nil
        }
    }

    /// `MARKET_REGIME_PORT` for gRPC, `MARKET_REGIME_HTTP_PORT`; of the config-service
    /// `CONFIG_SERVICE_PORT` is the HTTP port, the one it has.
    func portVariable(_ kind: PortKind) -> String {
        let stem = text.uppercased().replacing("-", with: "_")
        return switch (self, kind) {
        case (.configService, .http): stem + "_PORT"
        case (.configService, .grpc): stem + "_GRPC_PORT"
        case (_, .grpc): stem + "_PORT"
        case (_, .http): stem + "_HTTP_PORT"
        }
    }
}

extension ServiceName {
    /// `MARKET_REGIME_HOST`: where others find it.
    package var hostVariable: String { text.uppercased().replacing("-", with: "_") + "_HOST" }
}

extension ServiceName: CustomStringConvertible {
    package var description: String { text }
}

package enum PortKind: String, Sendable, CaseIterable {
    case grpc, http

    package var label: String { self == .grpc ? "gRPC" : "HTTP" }
}

/// Who listens where: every service's ports, no two alike.
package struct PortTable: Sendable, Equatable {
    private struct Entry: Hashable {
        let service: ServiceName
        let kind: PortKind
    }

    private let ports: [Entry: Int]

    static let range = 1...65_535

    /// A port from its decimal text; `nil` when it is none.
    static func port(_ text: String) -> Int? {
        guard text.utf8.count <= 5, text.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }

    /// - Parameter setting: the valid text of a port variable and where it came from; `nil` when
    ///   unset.
    /// - Throws: when two services own one port; the error names both.
    init(
        services: [ServiceName] = ServiceName.all,
        setting: (_ variable: String) -> (text: String, source: String)?
    ) throws(ConfigurationError) {
        var ports: [Entry: Int] = [:]
        var owners: [Int: String] = [:]
        var problems: [String] = []
        for service in services {
            for kind in PortKind.allCases {
                let variable = service.portVariable(kind)
                let setting = setting(variable)
                guard
                    let port = setting.flatMap({ PortTable.port($0.text) })
                        ?? service.standardPort(kind)
                else { continue }
                let source = setting?.source ?? "default"
                let owner = "\(variable) (\(kind.label) of \(service), \(source))"
                if let other = owners.updateValue(owner, forKey: port) {
                    problems.append(
                        "port \(port) has two owners: \(other) and \(owner): give one another port")
                }
                ports[Entry(service: service, kind: kind)] = port
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        self.ports = ports
    }

    /// - Throws: when no port is known; the error says which variable would set it.
    package func port(_ kind: PortKind, of service: ServiceName) throws(ConfigurationError) -> Int {
        guard let port = ports[Entry(service: service, kind: kind)] else {
            throw ConfigurationError([
                "no \(kind.label) port is known for \(service): set \(service.portVariable(kind))"
            ])
        }
        return port
    }
}
