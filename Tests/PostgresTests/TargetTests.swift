import Testing

@testable import Postgres

@Suite("Addresses of databases")
struct TargetTests {
    @Test(arguments: [
        ("postgresql://ann:s3cret@db.example:5433/markets", "db.example:5433/markets"),
        ("postgres://db.example/markets", "db.example:5432/markets"),
        ("postgresql+asyncpg://ann@db.example/markets", "db.example:5432/markets"),
        ("postgresql://ann:s3cret@db.example", "db.example:5432/ann"),
        ("postgresql://ann:s3cr%40t%2F@a:1,b:2/markets", "a,b:1,2/markets"),
        ("postgresql:///markets?host=/run/postgresql", "/run/postgresql:5432/markets"),
    ])
    func aTargetIsNamedWithoutItsSecrets(url: String, name: String) throws {
        let target = try PostgresTarget(url: url)
        #expect(target.description == name && "\(target)" == name)
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }

    @Test func aMachineThatIsGoneIsFoundOutUnlessTheAddressSaysOtherwise() throws {
        func parameters(_ url: String) throws -> [String: String] {
            let parameters = try PostgresTarget(url: url).parameters
            return Dictionary(
                parameters.map { ($0.keyword, $0.value) }, uniquingKeysWith: { $0 + " and " + $1 })
        }
        let plain = try parameters("postgresql://db.example/markets")
        #expect(plain["keepalives_idle"] == "30")
        #expect(plain["tcp_user_timeout"] == "60000")
        let own = try parameters("postgresql://db.example/markets?keepalives_idle=5")
        #expect(own["keepalives_idle"] == "5")
        #expect(own["keepalives_count"] == "3")
    }

    @Test(arguments: [
        "mysql://ann:s3cret@db/x", "db.example:5432", "postgresql://ann:s3cret@[::1",
        "postgresql://ann:s3cret@db/x?sslmood=require", "postgresql://ann:s3%zzcret@db/x", "",
        "postgresql://ann:\u{301}s3cret%zz@h/x",
    ])
    func anUnreadableAddressIsRefusedAndNotRepeated(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresTarget(url: url) }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("postgresql://user:password@host:5432/database"))
        #expect(!text.contains("s3"), "\(text)")
    }

    @Test(arguments: [
        "postgresql://ann:x@s3cret@db/x", "postgresql://ann:s3cret@@db/x",
        "postgresql://ann:s3/cret@db/x", "postgresql://ann:12/s3cret@db/x",
        "postgresql://ann:/s3cret@db:5432/x", "postgresql://ann:1@s3/cret@db/x",
    ])
    func aPasswordIsNotTakenForAName(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresTarget(url: url) }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("@ as %40 and / as %2F"), "\(text)")
        #expect(!text.contains("s3") && !text.contains("cret"), "\(text)")
    }
}
