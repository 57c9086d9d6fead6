import Contracts
import Foundation
import NIOHTTP1

/// What an answer that is none means.
enum HTTPFailure {
    /// The fault that a `google.rpc.Status` in JSON tells; `nil` for anything else.
    static func told(by body: [UInt8]) -> RPCFault? {
        let json = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        guard let number = json?["code"] as? Int, let message = json?["message"] as? String,
            let code = RPCFault.Code(rawValue: Int32(clamping: number))
        else { return nil }
        return RPCFault(code, message)
    }

    /// What stands in between may answer in words of its own, which are not repeated.
    static func fault(
        _ status: HTTPResponseStatus, location: String?, _ body: [UInt8], from host: String
    ) -> RPCFault {
        if let fault = told(by: body) { return fault }
        let answer = "\(host) answered \(status.code) \(status.reasonPhrase)"
        return switch status.code {
        case 300..<400:
            .invalidArgument(
                answer
                    + (location.map { ": use \(RequestReading.excerpt($0))" } ?? ""))
        case 401: RPCFault(.unauthenticated, answer)
        case 403: RPCFault(.permissionDenied, answer)
        case 404: .notFound(answer)
        case 429: RPCFault(.resourceExhausted, answer)
        case 400..<500: .invalidArgument(answer)
        case 502, 503, 504: .unavailable(answer)
        default: RPCFault(.unknown, answer)
        }
    }
}
