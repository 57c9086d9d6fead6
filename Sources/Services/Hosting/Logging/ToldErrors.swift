package import Contracts
package import Logging
package import Ports

extension Logger {
    /// What a client is told of an error, by whichever door; what is not for clients is logged.
    ///
    /// - Parameters:
    ///   - trace: the call's; its id finds the line in the log.
    ///   - metadata: what else the line says.
    package func told(
        of error: any Error, in trace: TraceContext?, _ metadata: Logger.Metadata = [:]
    ) -> RPCFault {
        let id = trace?.traceID ?? "none"
        if !(error is RPCFault || error is CancellationError) {
            let own: Logger.Metadata = ["error": "\(error)", "correlation_id": "\(id)"]
            self.error(
                error is StoreError ? "store failed" : "request failed",
                metadata: own.merging(metadata) { $1 })
        }
        return .told(of: error, reference: id)
    }
}
