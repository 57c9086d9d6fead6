import Contracts
import GRPCCore
import Hosting

/// Lets a client have so many streams and no more. Calls with one answer do not pass here.
struct StreamBounds: ServerInterceptor {
    let places: ClientPlaces

    var pipeline: [ConditionalInterceptor<any ServerInterceptor>] {
        [.apply(self, to: .allMatching { $0.type != .unary })]
    }

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (StreamingServerRequest<Input>, ServerContext) async throws
            -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let place: ClientPlaces.Place
        do {
            place = try places.take(for: StreamBounds.address(of: context.remotePeer))
        } catch {
            return StreamingServerResponse(of: Output.self, error: RPCError(error))
        }
        var response = try await next(request, context)
        response.accepted = response.accepted.map { contents in
            var contents = contents
            let produce = contents.producer
            contents.producer = { writer in
                defer { place.giveBack() }
                return try await produce(writer)
            }
            return contents
        }
        return response
    }

    /// A peer without its port: `ipv4:127.0.0.1:5000`, `ipv6:[::1]:5000`, `unix:/path`.
    static func address(of peer: String) -> String {
        guard peer.hasPrefix("ipv"), let colon = peer.lastIndex(of: ":") else { return peer }
        return String(peer[..<colon])
    }
}
