package import SwiftProtobuf

/// proto3 JSON as this project speaks it: camelCase, map keys sorted, shortest numbers.
///
/// Equal messages give equal text. A 64-bit integer is a string, as proto3 JSON has it.
package enum WireJSON {
    package static func text(_ message: some Message) throws -> String {
        var options = JSONEncodingOptions()
        options.useDeterministicOrdering = true
        let text = try message.jsonString(options: options)
        // A page without items says so: a client need not know that proto3 JSON leaves it out.
        guard let page = message as? any PageMessage, page.hasNoItems else { return text }
        return #"{"items":[]"# + (text == "{}" ? "" : ",") + text.dropFirst()
    }

    /// A JSON array of messages, as the command line prints a list.
    package static func array(_ messages: some Sequence<some Message>) throws -> String {
        "[" + (try messages.map { try text($0) }.joined(separator: ",")) + "]"
    }

    /// Reads a message; field names in camelCase or as in the .proto file.
    ///
    /// - Parameter decimals: fields of decimal strings, in both spellings, for which a JSON number
    ///   is taken by its text.
    /// - Throws: `RPCFault` INVALID_ARGUMENT that names an unknown field, a list that is too long,
    ///   or says what is malformed.
    package static func message<M: Message>(
        _ type: M.Type, from utf8: [UInt8], subject: String, decimals: Set<String> = []
    ) throws(RPCFault) -> M {
        try (type as? any ListRequest.Type)?.check(json: utf8)
        do {
            let bytes =
                decimals.isEmpty ? utf8 : NumberQuoting(fields: decimals).quoting(utf8)
            return try M(jsonUTF8Bytes: bytes)
        } catch JSONDecodingError.unknownField(let name) {
            throw .invalidArgument(
                "\(subject): unknown field '\(RequestReading.excerpt(name))': leave it out")
        } catch let error as JSONDecodingError {
            throw .invalidArgument(
                "\(subject) is not JSON of \(M.protoMessageName) (\(error)): send what "
                    + "the .proto file describes")
        } catch {
            throw .invalidArgument("\(subject) cannot be read: \(error)")
        }
    }
}

/// A page of a list.
private protocol PageMessage {
    var hasNoItems: Bool { get }
}

extension Bloasis_MarketRegime_GetRegimeHistoryResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_MarketRegime_ListRegimeChangesResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_MarketRegime_ListModelsResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_MarketRegime_ListDisagreementsResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_Trading_ListPaperPortfoliosResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_Trading_ListPaperDecisionsResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_Accounts_ListAccountsResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_Accounts_ListOrganisationsResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}

extension Bloasis_MarketRegime_ListSeriesResponse: PageMessage {
    fileprivate var hasNoItems: Bool { items.isEmpty }
}
