import Accounts
import Ports
import Postgres

/// Where an organisation's data is kept on the central database's server.
struct OrganisationDatabase {
    /// Connections of an organisation at the most, besides the one that hears of commits.
    static let connectionLimit = 4
    /// The server cuts longer names off, and what is cut off may be another's.
    private static let nameLimitBytes = 63

    private let organisation: OrganisationName
    private let central: SharedDatabase

    init(_ organisation: OrganisationName, beside central: SharedDatabase) {
        self.organisation = organisation
        self.central = central
    }

    /// The central database's, two underscores, and the organisation's with underscores for
    /// hyphens. No two organisations of one database share one: their names have no underscores.
    var name: String {
        get throws {
            let base = central.pool.target.database ?? "bloasis"
            let name = "\(base)__\(organisation.text.replacing("-", with: "_"))"
            guard name.utf8.count <= OrganisationDatabase.nameLimitBytes else {
                throw StoreError(
                    .failed, location: central.location,
                    detail: "the database of \(organisation) would be called \(name): that is "
                        + "longer than \(OrganisationDatabase.nameLimitBytes) bytes",
                    advice: "Give the central database a shorter name")
            }
            return name
        }
    }

    /// Makes the database when there is none; whoever else does so at once is welcome to.
    func create() async throws {
        let name = try name
        try await central.translating {
            try await central.pool.withConnection { connection in
                let limit = SharedDatabase.exchangeLimit
                // The server quotes it: a statement about databases takes no parameters.
                let statements = try await connection.run(
                    [
                        """
                        SELECT format('CREATE DATABASE %I', \(name))
                        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = \(name))
                        """
                    ], within: limit)
                guard let statement = try statements[0].first?.text(0) else { return }
                do {
                    try await connection.run([PostgresQuery(text: statement)], within: limit)
                } catch PostgresError.refused(let fault)
                    where OrganisationDatabase.isThere.contains(fault.state)
                {
                } catch PostgresError.refused(let fault)
                    where fault.state == OrganisationDatabase.mayNot
                {
                    throw StoreError(
                        .failed, location: central.location,
                        detail: "the database \(name) cannot be made: \(fault.message)",
                        advice: "Make it and let this role own it, or give the role CREATEDB")
                }
            }
        }
    }

    /// duplicate_database, and what two that make it at once may hear: unique_violation.
    private static let isThere: Set<String> = ["42P04", "23505"]
    /// insufficient_privilege.
    private static let mayNot = "42501"
}
