/// A service that can be run, without its type.
package struct ServiceEntry: Sendable {
    package let name: String
    package let shape: ServiceShape
    let isDoor: Bool
    /// For errors.
    let type: String
    let settings: ObjectIdentifier
    let keys: [ConfigurationKey]
    let check: @Sendable (ConfigurationValues) throws(ConfigurationError) -> Void
    let make: @Sendable (ServiceContext<NoSettings>) async throws -> any HostedService

    init<Hosted: HostedService>(_ type: Hosted.Type) {
        name = type.name
        shape = type.shape
        isDoor = type.isDoor
        self.type = String(reflecting: type)
        settings = ObjectIdentifier(Hosted.Settings.self)
        keys = Hosted.Settings.keys
        check = { values throws(ConfigurationError) in _ = try values.read(Hosted.Settings.self) }
        make = { context in
            let settings = try context.process.values.read(Hosted.Settings.self)
            return try await Hosted(context.with(settings))
        }
    }
}

/// The services there are, by name.
package struct ServiceCatalogue: Sendable {
    package let entries: [ServiceEntry]

    /// - Throws: when two services have one name; the error names both. When a name is none.
    package init(_ types: [any HostedService.Type]) throws(ConfigurationError) {
        entries = types.map { ServiceEntry($0) }
        var types: [String: String] = [:]
        var problems: [String] = []
        for entry in entries {
            if !StatusTree.isName(entry.name) || entry.name.contains(where: \.isUppercase) {
                problems.append(
                    "'\(entry.name)' is no name for the service \(entry.type): "
                        + "1 to \(StatusTree.nameLimit) of a–z 0–9 _ -")
            }
            if let other = types.updateValue(entry.type, forKey: entry.name) {
                problems.append(
                    "two services are called \(entry.name): \(other) and \(entry.type): rename one")
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// - Throws: when there is no such service; the error says which there are.
    package func entry(named name: String) throws(ConfigurationError) -> ServiceEntry {
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        let names = entries.map(\.name).sorted()
        let nearest = EditDistance.nearest(to: name, among: names)
        throw ConfigurationError([
            "there is no service \(StatusReport.line(name))"
                + (nearest.map { " (did you mean \($0)?)" } ?? "")
                + ": the services are \(names.joined(separator: ", "))"
        ])
    }

    /// The program's variables and those that the services add.
    ///
    /// - Throws: when a variable has two owners; the error names both.
    package func table() throws(ConfigurationError) -> ConfigurationTable {
        // Services that share a type of settings add its rows once.
        var seen: Set<ObjectIdentifier> = []
        return try ConfigurationTable(
            adding: entries.filter { seen.insert($0.settings).inserted }
                .map { (name: $0.name, keys: $0.keys) })
    }
}
