import Market
package import Trading

extension UserID {
    /// Whose a request is.
    ///
    /// - Throws: INVALID_ARGUMENT.
    package init(asked text: String) throws(RPCFault) {
        guard let user = UserID(text) else {
            throw .invalidArgument(
                "user_id: '\(RequestReading.excerpt(text))' \(IdentifierRule.problem)")
        }
        self = user
    }
}
