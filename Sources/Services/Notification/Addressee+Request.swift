import Contracts
import Market
import Ports

extension Addressee {
    /// Whose a request is.
    static func read(_ userID: String) throws(RPCFault) -> Addressee {
        guard let addressee = Addressee(text: userID) else {
            throw .invalidArgument(
                "user_id: '\(RequestReading.excerpt(userID))' \(IdentifierRule.problem)")
        }
        return addressee
    }
}
