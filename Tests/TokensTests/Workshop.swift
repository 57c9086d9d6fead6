import Foundation
import JWTKit
import Market
import Ports
import Synchronization
import TestSupport

@testable import Tokens

/// What `Benchmarks/peers/tokens.py` wrote.
struct GoldenTokens: Decodable {
    struct Row: Decodable {
        let name, token, verdict: String
        let issuer, audience, subject: String?
        let scopes: [String]?

        var expectations: TokenExpectations {
            TokenExpectations(issuer: issuer, audience: audience)
        }
    }

    let secret: String
    let keySet: JWKS
    /// Private keys by algorithm.
    let signing: [String: JWK]
    let tokens: [Row]
    private let now: Int64

    static func load() throws -> GoldenTokens {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/golden/tokens.json").standardizedFileURL
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(GoldenTokens.self, from: Data(contentsOf: file))
    }

    /// When the tokens were looked at.
    var instant: Timestamp { Timestamp(nanoseconds: now * Timestamp.nanosecondsPerSecond) }

    func token(_ name: String) throws -> String {
        guard let row = tokens.first(where: { $0.name == name }) else { throw Missing(what: name) }
        return row.token
    }
}

struct Missing: Error {
    let what: String
}

/// The keys of the fixture: makes verifiers that know them, and tokens of any shape.
struct Workshop {
    let golden: GoldenTokens
    /// The public keys as a document.
    let keySet: String

    init() throws {
        golden = try GoldenTokens.load()
        keySet = String(decoding: try JSONEncoder().encode(golden.keySet), as: UTF8.self)
    }

    var now: Timestamp { golden.instant }
    var seconds: Int64 { now.nanoseconds / Timestamp.nanosecondsPerSecond }

    func secret() throws -> KeySource {
        guard let secret = SharedSecret(golden.secret) else { throw Missing(what: "secret") }
        return .secret(secret)
    }

    static func url(_ text: String = "https://issuer.example/keys") throws -> KeySource {
        guard let url = KeySetURL(text) else { throw Missing(what: text) }
        return .url(url)
    }

    /// Knows all three keys; RSA and EC by a document that is fetched.
    func verifier(
        expecting expectations: TokenExpectations = TokenExpectations()
    ) async throws -> JWTVerifier {
        let document = Array(keySet.utf8)
        return try await JWTVerifier(
            [try secret(), try Workshop.url()], expecting: expectations,
            fetcher: ScriptedFetcher { _ in document }, at: now, failed: { _ in })
    }

    /// Signs with jwt-kit what it would never write itself.
    func token(
        _ algorithm: TokenAlgorithm = .hs256, header: String? = nil, claims: String
    ) async throws -> String {
        let signer = try await signer(algorithm)
        let header = header ?? #"{"alg":"\#(algorithm.rawValue)"}"#
        let signed = Workshop.encode(header.utf8) + "." + Workshop.encode(claims.utf8)
        return signed + "." + Workshop.encode(try signer.sign(Array(signed.utf8)))
    }

    private func signer(_ algorithm: TokenAlgorithm) async throws -> any JWTAlgorithm {
        let keys = JWTKeyCollection()
        if algorithm == .hs256 {
            await keys.add(hmac: HMACKey(from: golden.secret), digestAlgorithm: .sha256)
        } else {
            guard let key = golden.signing[algorithm.rawValue] else { throw Missing(what: "key") }
            try await keys.add(jwk: key)
        }
        return try await keys.getKey(alg: algorithm.rawValue)
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString()
        return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// Gives documents by the number of the attempt, from 1.
final class ScriptedFetcher: KeySetFetcher {
    typealias Answer = @Sendable (Int) async throws(KeySourceError) -> [UInt8]

    private let attempts = Atomic<Int>(0)
    private let answer: Answer

    init(_ answer: @escaping Answer) {
        self.answer = answer
    }

    var count: Int { attempts.load(ordering: .relaxed) }

    func document(at url: KeySetURL) async throws(KeySourceError) -> [UInt8] {
        try await answer(attempts.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    static let failure = KeySourceError(location: "there", problem: "nobody answers")
}

/// Collects what a key ring tells of its failures.
final class Failures: Sendable {
    private let heard = Mutex<[KeySourceError]>([])

    var all: [KeySourceError] { heard.withLock { $0 } }

    func add(_ failure: KeySourceError) { heard.withLock { $0.append(failure) } }
}

extension JWTVerifier {
    /// Who a token stands for, or why for nobody.
    func answer(_ token: String, at now: Timestamp) async -> Result<Principal, TokenRefusal> {
        do {
            return .success(try await principal(of: token, at: now))
        } catch {
            return .failure(error)
        }
    }
}

extension Timestamp {
    static func + (instant: Timestamp, seconds: Int) -> Timestamp {
        instant.advanced(bySeconds: Int64(seconds))
    }
}
