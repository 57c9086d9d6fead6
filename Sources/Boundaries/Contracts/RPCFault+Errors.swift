import Ports

extension RPCFault {
    /// What a caller is told of an error, by whichever door. What went wrong inside may hold paths
    /// or hosts: that is for the log alone.
    ///
    /// - Parameter reference: finds more in the log.
    package static func told(of error: any Error, reference: String? = nil) -> RPCFault {
        switch error {
        case let fault as RPCFault: return fault
        case let error as StoreError:
            return .unavailable("the store cannot answer (\(error.code.rawValue)): see /ready")
        case is CancellationError: return RPCFault(.cancelled, "the request was cancelled")
        default:
            let place = reference.map { ", correlation id \($0)" } ?? ""
            return RPCFault(
                .internalError,
                "Classification error: \(type(of: error)); the log of the service says more"
                    + place)
        }
    }
}
