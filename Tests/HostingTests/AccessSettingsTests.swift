import Hosting
import Ports
import Testing

@Suite("Whether callers are asked who they are")
struct AccessSettingsTests {
    private static let secret = "a secret of the test, forty-two bytes long"

    private func settings(_ environment: [String: String]) throws -> AccessSettings {
        try BloasisConfiguration.load(environment: environment, dotEnvPath: nil).access
    }

    private func problems(_ environment: [String: String]) -> [String] {
        do {
            _ = try BloasisConfiguration.load(environment: environment, dotEnvPath: nil)
            return []
        } catch {
            return error.problems
        }
    }

    private func isRequired(_ mode: String?, on address: String, keys: Bool) throws -> Bool {
        var environment = ["BIND_ADDRESS": address]
        environment["BLOASIS_AUTH"] = mode
        if keys { environment["BLOASIS_JWKS_FILE"] = "keys.json" }
        return try settings(environment).authentication(on: address) == .required
    }

    @Test("of itself off on loopback without keys, and else required", arguments: [nil, "auto"])
    func auto(mode: String?) throws {
        for address in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] {
            #expect(try isRequired(mode, on: address, keys: true))
            #expect(try !isRequired(mode, on: address, keys: false))
        }
        for address in ["0.0.0.0", "::", "10.1.2.3", "bloasis.example"] {
            #expect(try isRequired(mode, on: address, keys: true))
            #expect { try isRequired(mode, on: address, keys: false) } throws: { error in
                let problem = "\(error)"
                return problem.hasPrefix("BIND_ADDRESS is \(address)")
                    && [
                        "BLOASIS_JWKS_FILE", "BLOASIS_JWKS_URL", "BLOASIS_JWT_SECRET",
                        "BLOASIS_AUTH=off",
                    ].allSatisfy(problem.contains)
            }
        }
    }

    @Test("off and required as it is said, wherever the process listens")
    func explicit() throws {
        for address in ["127.0.0.1", "0.0.0.0"] {
            for keys in [false, true] {
                #expect(try !isRequired("off", on: address, keys: keys))
            }
            #expect(try isRequired("required", on: address, keys: true))
            #expect { try isRequired("required", on: address, keys: false) } throws: { error in
                "\(error)".hasPrefix("BLOASIS_AUTH is required")
            }
        }
    }

    @Test("an open door is told at start, and so are keys that nobody needs")
    func notices() throws {
        func notice(_ environment: [String: String], on address: String) throws -> String? {
            guard case .off(let notice) = try settings(environment).authentication(on: address)
            else { return nil }
            return notice
        }
        #expect(try notice(["BLOASIS_AUTH": "off"], on: "0.0.0.0")?.contains("0.0.0.0") == true)
        #expect(try notice(["BLOASIS_AUTH": "off"], on: "127.0.0.1") == nil)
        #expect(try notice([:], on: "127.0.0.1") == nil)
        let unused = try notice(
            ["BLOASIS_AUTH": "off", "BLOASIS_JWT_SECRET": Self.secret], on: "127.0.0.1")
        #expect(unused?.contains("BLOASIS_AUTH is off") == true)
        #expect(unused?.contains("forty-two") == false)
    }

    @Test("a public address without keys keeps nothing but serving from starting")
    func otherVerbs() {
        #expect(problems(["BIND_ADDRESS": "0.0.0.0"]).isEmpty)
        #expect(problems(["BLOASIS_AUTH": "required"]).isEmpty)
    }

    @Test("keys come from a secret, a file and a URL, alone or together")
    func sources() throws {
        let environment = [
            "BLOASIS_JWT_SECRET": Self.secret, "BLOASIS_JWKS_FILE": "/etc/keys.json",
            "BLOASIS_JWKS_URL": "https://issuer.example/keys",
            "BLOASIS_JWT_ISSUER": "https://issuer.example/", "BLOASIS_JWT_AUDIENCE": "bloasis",
        ]
        let secret = try #require(SharedSecret(Self.secret))
        let url = try #require(KeySetURL("https://issuer.example/keys"))
        let expected = AccessSettings(
            mode: .auto, keySources: [.secret(secret), .file(path: "/etc/keys.json"), .url(url)],
            expectations: TokenExpectations(
                issuer: "https://issuer.example/", audience: "bloasis"))
        #expect(try settings(environment) == expected)
        #expect(try settings([:]) == AccessSettings(mode: .auto, keySources: []))
    }

    @Test(
        "what cannot be meant is an error",
        arguments: [
            ("BLOASIS_AUTH", "on"), ("BLOASIS_AUTH", "OFF"),
            ("BLOASIS_JWKS_URL", "http://issuer.example/keys"), ("BLOASIS_JWKS_URL", "keys.json"),
            ("BLOASIS_JWT_SECRET", "only thirty-one bytes, too few!"),
        ])
    func invalid(name: String, value: String) {
        let problems = problems([name: value])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("\(name) from environment:") == true)
        #expect(problems.first?.contains(" must be ") == true)
    }

    @Test("the secret is nowhere to be seen, nor is the query of the URL")
    func secrecy() throws {
        let configuration = try BloasisConfiguration.load(
            environment: [
                "BLOASIS_JWT_SECRET": Self.secret,
                "BLOASIS_JWKS_URL": "https://issuer.example/keys?p=hidden",
            ], dotEnvPath: nil)
        var shown = "\(configuration)"
        dump(configuration, to: &shown)
        for part in ["forty-two", "hidden"] { #expect(!shown.contains(part)) }
        let setting = configuration.settings.first { $0.name == "BLOASIS_JWT_SECRET" }
        #expect(setting?.shown == "<redacted>")
        for environment in [
            ["BLOASIS_JWT_SECRET": "hidden but short"],
            ["BLOASIS_JWKS_URL": "http://issuer.example/keys?p=hidden"],
        ] {
            let problems = problems(environment)
            #expect(problems.count == 1)
            #expect(problems.first?.contains("hidden") == false)
        }
    }
}
