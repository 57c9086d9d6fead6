import Configuration

/// Where variables come from, strongest first: flag, environment, `.env`, configuration file,
/// default. An empty value anywhere but in a flag counts as unset.
struct ConfigurationSources {
    struct Found {
        var text: String
        /// For errors: `environment`, `.env:3`, `flag --http-port` …
        var source: String
    }

    private struct Layer {
        var provider: any ConfigProvider
        var describe: (_ name: String) -> String
    }

    private let table: ConfigurationTable
    private var layers: [Layer] = []
    /// `KAFKA_<PROPERTY>` by name, from wherever they are set.
    private(set) var brokerProperties: [String: String] = [:]

    /// Reads the files and checks every name.
    init(
        _ table: ConfigurationTable, flags: [String: String], environment: [String: String],
        dotEnvPath: String?
    ) throws(ConfigurationError) {
        self.table = table
        var problems = misspelt(in: environment)
        var dotEnv: [FileVariable] = []
        if let dotEnvPath, let text = try VariableFiles.contents(of: dotEnvPath) {
            dotEnv = try VariableFiles.dotEnv(text, path: dotEnvPath)
            problems += dotEnv.compactMap { objection(to: $0, in: dotEnvPath) }
        }
        addFlags(flags)
        addTexts(environment) { _ in "environment" }
        let lines = Dictionary(uniqueKeysWithValues: dotEnv.map { ($0.name, $0.line ?? 0) })
        addTexts(ConfigurationSources.texts(of: dotEnv)) { name in
            "\(dotEnvPath ?? ".env"):\(lines[name] ?? 0)"
        }
        if let file = find("BLOASIS_CONFIG") {
            guard let text = try VariableFiles.contents(of: file.text) else {
                throw ConfigurationError([
                    "BLOASIS_CONFIG from \(file.source): there is no file \(file.text)"
                ])
            }
            let variables = try VariableFiles.json(text, path: file.text)
            problems += variables.compactMap {
                $0.name == "BLOASIS_CONFIG"
                    ? "\(file.text): BLOASIS_CONFIG cannot be set in a configuration file"
                    : objection(to: $0, in: file.text)
            }
            addTexts(ConfigurationSources.texts(of: variables)) { _ in file.text }
        }
        addDefaults()
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// A variable's text from the strongest source that has it.
    func find(_ name: String) -> Found? {
        let key = AbsoluteConfigKey([name])
        for layer in layers {
            guard let result = try? layer.provider.value(forKey: key, type: .string),
                case .string(let text)? = result.value?.content
            else { continue }
            return Found(text: text, source: layer.describe(name))
        }
        return nil
    }

    // MARK: - Layers

    private mutating func addTexts(
        _ texts: [String: String], describe: @escaping (_ name: String) -> String
    ) {
        let properties = texts.filter {
            $0.key.hasPrefix(ConfigurationTable.brokerPropertyPrefix) && !$0.value.isEmpty
        }
        // What was added before is stronger.
        brokerProperties.merge(properties) { stronger, _ in stronger }
        let provider = EnvironmentVariablesProvider(
            environmentVariables: texts.filter { !$0.value.isEmpty },
            secretsSpecifier: .specific(Set(table.rows.filter(\.isSecret).map(\.name))))
        layers.append(Layer(provider: provider, describe: describe))
    }

    private mutating func addFlags(_ flags: [String: String]) {
        let values = flags.map { name, text in
            (AbsoluteConfigKey([name]), ConfigValue(.string(text), isSecret: false))
        }
        let provider = InMemoryProvider(
            name: "flags", values: Dictionary(uniqueKeysWithValues: values))
        layers.append(
            Layer(provider: provider) { [table] name in
                "flag " + (table.row(named: name)?.flag ?? name)
            })
    }

    private mutating func addDefaults() {
        let values = table.rows.compactMap { row in
            row.defaultText.map {
                (AbsoluteConfigKey([row.name]), ConfigValue(.string($0), isSecret: false))
            }
        }
        let provider = InMemoryProvider(
            name: "defaults", values: Dictionary(uniqueKeysWithValues: values))
        layers.append(Layer(provider: provider) { _ in "default" })
    }

    private static func texts(of variables: [FileVariable]) -> [String: String] {
        Dictionary(variables.map { ($0.name, $0.text) }) { first, _ in first }
    }

    // MARK: - Names

    /// The environment is full of strangers, but not under the program's own prefix.
    private func misspelt(in environment: [String: String]) -> [String] {
        environment.keys.sorted().compactMap { name in
            guard name.hasPrefix(ConfigurationTable.ownPrefix),
                table.row(named: name) == nil
            else { return nil }
            return "environment: \(name) is not a variable\(suggestion(for: name)): unset it"
        }
    }

    /// What is wrong with a name in a file that holds nothing but our variables.
    private func objection(to variable: FileVariable, in path: String) -> String? {
        let name = variable.name
        let place = variable.line.map { "\(path):\($0)" } ?? path
        guard table.row(named: name) == nil,
            !name.hasPrefix(ConfigurationTable.brokerPropertyPrefix)
        else { return nil }
        return "\(place): \(name) is not a variable\(suggestion(for: name))"
    }

    private func suggestion(for name: String) -> String {
        EditDistance.nearest(to: name, among: table.rows.map(\.name))
            .map { " (did you mean \($0)?)" } ?? " (`bloasis doctor` lists them all)"
    }
}
