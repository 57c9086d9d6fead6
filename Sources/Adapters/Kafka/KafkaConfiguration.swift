/// Where the brokers are, and any property of librdkafka. It shows no value of a property, since
/// a password may be one.
package struct KafkaConfiguration: Sendable {
    /// What stands in front of a property's name in the environment.
    package static let environmentPrefix = "KAFKA_"

    /// `host:port`, separated by commas.
    package let servers: String
    /// By librdkafka's own names.
    private(set) var properties: [String: String] = [:]

    /// - Parameter properties: by librdkafka's names.
    /// - Throws: `KafkaError.badProperty`.
    package init(servers: String, properties: [String: String] = [:]) throws(KafkaError) {
        guard servers.contains(where: { !$0.isWhitespace && $0 != "," }) else {
            throw KafkaError.badProperty(
                name: "brokers", reason: "none is named: host:port, separated by commas")
        }
        self.servers = servers
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) { try set(name, value) }
    }

    /// - Parameter environment: of which every `KAFKA_<PROPERTY>` is taken: the property's name in
    ///   upper case, with `_` for what is not a letter or digit.
    /// - Throws: `KafkaError.badProperty`, which names the variable.
    package init(servers: String, environment: [String: String]) throws(KafkaError) {
        self = try KafkaConfiguration(servers: servers).adding(environment)
    }

    /// With every `KAFKA_<PROPERTY>` of an environment, which win over what was set before.
    ///
    /// - Throws: `KafkaError.badProperty`, which names the variable.
    package func adding(
        _ environment: [String: String]
    ) throws(KafkaError) -> KafkaConfiguration {
        var configuration = self
        for (variable, value) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix(Self.environmentPrefix) {
            try configuration.set(
                String(variable.dropFirst(Self.environmentPrefix.count)), value, as: variable)
        }
        return configuration
    }

    /// Sets a property; `.`, `_` and `-` are one in its name, and so are upper and lower case.
    ///
    /// - Throws: `KafkaError.badProperty`.
    package mutating func set(_ name: String, _ value: String) throws(KafkaError) {
        try set(name, value, as: name)
    }

    private mutating func set(
        _ name: String, _ value: String, as shown: String
    ) throws(KafkaError) {
        guard let property = KafkaProperty.named(name) else {
            throw KafkaError.badProperty(
                name: shown, reason: "librdkafka has no such property; see its CONFIGURATION.md")
        }
        if let reason = property.refusal {
            throw KafkaError.badProperty(name: shown, reason: reason)
        }
        if let reason = property.complaint(about: value) {
            throw KafkaError.badProperty(name: shown, reason: reason)
        }
        // A property and its aliases are one, but librdkafka does not tell which are.
        properties[property.name] = value
    }

    /// What is not to be seen in a log.
    var secrets: [String] {
        properties.compactMap { name, value in
            KafkaProperty.named(name)?.isSecret == true && !value.isEmpty ? value : nil
        }
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomReflectable {
    package var description: String {
        let names = properties.keys.sorted().joined(separator: ", ")
        return names.isEmpty ? servers : "\(servers) (\(names))"
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
