import Accounts
import Market
import Ports

extension AccountStore {
    /// Writes down whose the database is that these tables are in, and sees that it is nobody
    /// else's: an organisation's own database knows that organisation alone, and no accounts.
    ///
    /// - Throws: `StoreError`.
    func belong(to organisation: Organisation, at location: String) async throws {
        do {
            if try await organisations().isEmpty { try await add(organisation) }
        } catch AccountStoreError.organisationExists {}
        guard try await organisations() == [organisation],
            try await accounts(.all, after: nil, limit: 1).isEmpty
        else {
            throw StoreError(
                .failed, location: location,
                detail: "it is not the database of the organisation \(organisation.name) that was "
                    + "added at \(organisation.createdAt.rfc3339)",
                advice: "Move it away, or restore the one that belongs here")
        }
    }
}
