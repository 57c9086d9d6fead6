import Hosting
import Logging
import Market
import Testing

@Suite("Configuration")
struct BloasisConfigurationTests {
    /// Loads from an environment alone; the problems when it fails.
    private func problems(
        _ environment: [String: String], service: ServiceName? = nil, flags: [String: String] = [:]
    ) -> [String] {
        do {
            _ = try BloasisConfiguration.load(
                service: service, flags: flags, environment: environment, dotEnvPath: nil)
            return []
        } catch {
            return error.problems
        }
    }

    @Test("nothing set gives the documented defaults")
    func defaults() throws {
        let configuration = try BloasisConfiguration.load(environment: [:], dotEnvPath: nil)
        #expect(configuration.serviceName == "market-regime")
        #expect(configuration.bindAddress == "127.0.0.1")
        #expect(configuration.httpPort == 8080)
        #expect(configuration.grpcPort == 50051)
        #expect(configuration.defaultMarket == MarketName("SPX"))
        #expect(configuration.home == ".bloasis")
        #expect(configuration.store == .sqlite(path: ".bloasis/bloasis.sqlite"))
        #expect(configuration.model == .hmm)
        #expect(configuration.logLevel == .info)
        #expect(configuration.logFormat == .auto)
    }

    @Test("flag over environment over .env over file over default")
    func precedence() throws {
        try withTemporaryDirectory { directory in
            let file = try directory.write(
                #"{"HTTP_PORT": 9004, "LOG_LEVEL": "ERROR", "BLOASIS_HOME": "/file"}"#,
                to: "bloasis.json")
            let dotEnv = try directory.write(
                "HTTP_PORT=9003\nLOG_LEVEL=debug\nBLOASIS_CONFIG=\(file)\n", to: ".env")
            func port(_ flags: [String: String], _ environment: [String: String]) throws -> Int {
                try BloasisConfiguration.load(
                    flags: flags, environment: environment, dotEnvPath: dotEnv
                ).httpPort
            }
            #expect(try port(["HTTP_PORT": "9001"], ["HTTP_PORT": "9002"]) == 9001)
            #expect(try port([:], ["HTTP_PORT": "9002"]) == 9002)
            #expect(try port([:], [:]) == 9003)
            let lower = try BloasisConfiguration.load(environment: [:], dotEnvPath: dotEnv)
            #expect(lower.logLevel == .debug)
            #expect(lower.home == "/file")
            #expect(lower.model == .hmm)
            let fileOnly = try BloasisConfiguration.load(
                environment: [:], dotEnvPath: nil, configPath: file)
            #expect(fileOnly.httpPort == 9004)
            #expect(fileOnly.logLevel == .error)
        }
    }

    @Test("an empty value counts as unset")
    func emptyIsUnset() throws {
        let configuration = try BloasisConfiguration.load(
            environment: ["DATABASE_URL": "", "HTTP_PORT": "", "REDIS_URL": ""], dotEnvPath: nil)
        #expect(configuration.httpPort == 8080)
    }

    @Test(
        "an invalid value names variable, source and what is valid",
        arguments: [
            ("HTTP_PORT", "0"), ("HTTP_PORT", "65536"), ("HTTP_PORT", "80a"), ("HTTP_PORT", "-1"),
            ("HTTP_PORT", "99999999999999999999"), ("LOG_LEVEL", "LOUD"), ("DEFAULT_MARKET", "a b"),
            ("BIND_ADDRESS", "bad host"), ("DATABASE_URL", "mysql://h/d"),
            ("DATABASE_URL", "sqlite:"),
            ("DATABASE_URL", "sqlite::memory:"), ("BLOASIS_MODEL", "garch"),
            ("BLOASIS_LOG_FORMAT", "xml"), ("SERVICE_NAME", "two\nlines"),
            ("CONFIG_SERVICE_URL", "config:8082"), ("SERVICE_PUBLIC_URL", "ftp://h"),
            ("SERVICE_PORT", "0"), ("CONSUL_HTTP_ADDR", "unix:///run/consul"),
            ("CONSUL_HTTP_ADDR", "consul"),
        ])
    func invalid(name: String, value: String) {
        let problems = problems([name: value])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("\(name) from environment:") == true)
        #expect(problems.first?.contains(" must be ") == true)
    }

    @Test("an invalid flag is named by its flag, even when empty")
    func invalidFlag() {
        let problems = problems([:], flags: ["HTTP_PORT": ""])
        #expect(
            problems == [
                "HTTP_PORT from flag --http-port: '' is not valid: must be a port from 1 to 65535"
            ])
    }

    @Test("all problems are told at once")
    func allAtOnce() {
        let problems = problems(["HTTP_PORT": "x", "LOG_LEVEL": "y", "DEFAULT_MARKET": " "])
        #expect(problems.count == 3)
    }

    @Test(
        "what this version cannot do is an error, not ignored",
        arguments: [
            ("NATS_URL", "nats://bus:4222"), ("NATS_URL", "tls://:secret@bus:4222"),
        ])
    func notAvailable(name: String, value: String) {
        let problems = problems([name: value])
        #expect(problems.count == 1)
        #expect(problems.first?.contains("is not available in this version: unset it") == true)
        #expect(problems.first?.contains("secret") == false)
    }

    @Test("a PostgreSQL URL names a server, and its password is not shown")
    func postgresURL() throws {
        for url in ["postgresql://u:secret@db/b", "postgresql+asyncpg://u:secret@db/b"] {
            let configuration = try BloasisConfiguration.load(
                environment: ["DATABASE_URL": url], dotEnvPath: nil)
            #expect(configuration.store == .postgreSQL(url: url))
            #expect(configuration.settings.allSatisfy { $0.shown?.contains("secret") != true })
        }
    }

    @Test("Redis by URL or host, brokers with their properties, and no secret is shown")
    func cacheAndBrokers() throws {
        let configuration = try BloasisConfiguration.load(
            environment: [
                "REDIS_HOST": "cache", "REDPANDA_BROKERS": "one:9092,two:9092",
                "KAFKA_SASL_PASSWORD": "secret", "BLOASIS_TOPIC_PARTITIONS": "12",
                "KAFKA_EMPTY": "",
            ], dotEnvPath: nil)
        #expect(configuration.redis == .host("cache", port: 6379))
        let brokers = try #require(configuration.brokers)
        #expect(brokers.brokers == "one:9092,two:9092")
        #expect(brokers.properties == ["KAFKA_SASL_PASSWORD": "secret"])
        #expect(brokers.partitions == 12)
        #expect(brokers.retentionHours == nil)
        let url = "redis://:secret@cache:6379/0"
        let byURL = try BloasisConfiguration.load(
            environment: ["REDIS_URL": url, "REDIS_HOST": "other"], dotEnvPath: nil)
        #expect(byURL.redis == .url(url))
        for configuration in [configuration, byURL] {
            #expect(configuration.settings.allSatisfy { $0.shown?.contains("secret") != true })
        }
    }

    @Test("a SQLite URL names the store's file")
    func sqliteURL() throws {
        for (url, path) in [
            ("sqlite:data/x.db", "data/x.db"), ("sqlite:/var/x.db", "/var/x.db"),
            ("sqlite:///var/x.db", "/var/x.db"),
        ] {
            let configuration = try BloasisConfiguration.load(
                environment: ["DATABASE_URL": url], dotEnvPath: nil)
            #expect(configuration.store == .sqlite(path: path))
        }
    }

    @Test("secrets are masked wherever settings are shown")
    func secrets() throws {
        let configuration = try BloasisConfiguration.load(
            environment: ["FINGPT_API_KEY": "hunter2"], dotEnvPath: nil)
        let shown = configuration.settings.map { "\($0)" }.joined()
        #expect(!shown.contains("hunter2"))
        let row = configuration.settings.first { $0.name == "FINGPT_API_KEY" }
        #expect(row?.shown == "<redacted>")
        let problems = problems(["FINGPT_API_KEY": "hunter2\u{7}"])
        #expect(problems.count == 1)
        #expect(problems.first?.contains("hunter2") == false)
    }

    @Test("a misspelt BLOASIS_ variable suggests the nearest; strangers are let be")
    func misspelt() {
        #expect(
            problems(["BLOASIS_HOEM": "/x", "HOEM": "/x"]) == [
                "environment: BLOASIS_HOEM is not a variable (did you mean BLOASIS_HOME?): unset it"
            ])
        let far = problems(["BLOASIS_COMPLETELY_ELSE": "1"])
        #expect(far.first?.contains("did you mean") == false)
    }

    @Test("settings say where each value came from")
    func settings() throws {
        let configuration = try BloasisConfiguration.load(
            flags: ["BLOASIS_HOME": "/h"], environment: ["LOG_LEVEL": "warn"], dotEnvPath: nil)
        func source(_ name: String) -> String? {
            configuration.settings.first { $0.name == name }?.source
        }
        #expect(source("BLOASIS_HOME") == "flag --home")
        #expect(source("LOG_LEVEL") == "environment")
        #expect(source("DEFAULT_MARKET") == "default")
        #expect(source("SERVICE_NAME") == "unset")
        #expect(configuration.logLevel == .warning)
    }
}
