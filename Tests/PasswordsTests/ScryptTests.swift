import Accounts
import Ports
import Testing

@testable import Passwords

@Suite("scrypt")
struct ScryptTests {
    /// Weak, so that tests are fast.
    private static let weak = ScryptCost(logRounds: 4, blockSize: 8, parallelism: 1)

    private func hasher(
        _ cost: ScryptCost? = weak, _ limits: ScryptHasher.Limits = .init()
    ) throws -> ScryptHasher {
        ScryptHasher(try #require(cost), limits, salt: { Array("sixteen bytes ok".utf8) })
    }

    /// RFC 7914, section 12; the parameters of the third and the fourth are those of servers.
    @Test(
        "the published vectors",
        arguments: [
            (
                "password", "NaCl", 10, 8, 16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", 14, 8, 1,
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
            (
                "pleaseletmein", "SodiumChloride", 20, 8, 1,
                "2101cb9b6a511aaeaddbbe09cf70f881ec568d574a2ffd4dabe5ee9820adaa47"
                    + "8e56fd8f4ba5d09ffa1c6d927c40f4c337304049e8a952fbcbf45c6fa77a41a4"
            ),
        ])
    func vectors(
        password: String, salt: String, rounds: Int, blockSize: Int, parallelism: Int, hex: String
    ) throws {
        guard
            let cost = ScryptCost(
                logRounds: rounds, blockSize: blockSize, parallelism: parallelism)
        else {
            // A gigabyte for one hash is more than a hash may demand.
            #expect(rounds == 20)
            return
        }
        let hash = try ScryptHash(
            Password(password), salt: Array(salt.utf8), cost: cost, keyBytes: 64)
        let found = hash.key.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        #expect(found == hex)
    }

    @Test("a hash is checked with what it was made with, and says when it is weak")
    func upgrade() async throws {
        let (weak, strong) = (
            try hasher(), try hasher(ScryptCost(logRounds: 5, blockSize: 8, parallelism: 1))
        )
        let password = Password("correct horse battery")
        let old = try await weak.hash(password)
        #expect(old.exposed.hasPrefix("$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBieXRlcyBvaw$"))
        #expect(!old.exposed.contains("=" + "="))
        #expect(try await weak.check(password, against: old) == .right)
        #expect(try await strong.check(password, against: old) == .rightButWeak)
        let new = try await strong.hash(password)
        #expect(try await strong.check(password, against: new) == .right)
        #expect(try await weak.check(password, against: new) == .right)
        for wrong in [
            "", "correct horse batterz", "Correct horse battery", "correct horse battery ",
        ] {
            #expect(try await strong.check(Password(wrong), against: new) == .wrong)
        }
    }

    @Test(
        "what is no hash, or demands too much, is said to be unreadable",
        arguments: [
            "", "$", "plain", "$2b$12$abcdefghijklmnopqrstuv", "$scrypt$ln=4,r=8,p=1$c2l4dGVl",
            "$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBieXRlcw$",
            "$scrypt$ln=40,r=8,p=1$c2l4dGVlbiBieXRlcw$QUJD",
            "$scrypt$ln=20,r=32,p=16$c2l4dGVlbiBieXRlcyBvaw$c2l4dGVlbiBieXRlcyBvaw",
            "$scrypt$ln=-1,r=8,p=1$c2l4dGVlbiBieXRlcyBvaw$c2l4dGVlbiBieXRlcyBvaw",
            "$scrypt$r=8,ln=4,p=1$c2l4dGVlbiBieXRlcyBvaw$c2l4dGVlbiBieXRlcyBvaw",
            "$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBieXRlcyBvaw==$c2l4dGVlbiBieXRlcyBvaw==",
        ])
    func unreadable(text: String) async throws {
        let hasher = try hasher()
        await #expect(throws: PasswordHashingError.unreadableHash) {
            try await hasher.check(Password("x"), against: PasswordHash(text))
        }
    }

    @Test("more callers than the limit are told to come again, and the others are served")
    func crowd() async throws {
        var limits = ScryptHasher.Limits()
        limits.callers = 3
        let hasher = try hasher(ScryptCost(logRounds: 14, blockSize: 8, parallelism: 1), limits)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                group.addTask { (try? await hasher.hash(Password("correct horse"))) != nil }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } >= 3)
        #expect(
            try await hasher.check(
                Password("correct horse"), against: hasher.hash(Password("correct horse")))
                == .right)
    }

    @Test("those made now take the memory that guessing is to cost")
    func standard() {
        #expect(ScryptCost.standard.memoryBytes == 128 << 20)
    }
}
