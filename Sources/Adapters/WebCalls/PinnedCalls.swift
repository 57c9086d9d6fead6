package import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Requests whose URLs somebody else chose.
///
/// A name is looked up here, its addresses are checked, and one that passed is connected to, so
/// that a name cannot stand for one address when it is checked and for another when it is used.
/// The request keeps the name, for the server and for its certificate. Redirects are not followed,
/// and each request has a connection of its own.
package struct PinnedCalls: Sendable {
    /// Why an address may not be connected to; `nil` when it may.
    package typealias Objection = @Sendable (_ address: String) -> String?

    /// Of one name that are tried, each for its part of the time.
    package static let addressLimit = 4

    /// Why nothing is known of the answer; reasons are fit for a log.
    package enum Failure: Error, Equatable, Sendable {
        case unreadableURL
        /// None of its addresses may be connected to.
        case forbidden(String)
        case unreachable(String)
    }

    private let objection: Objection
    private let names: NameLookup

    package init(names: NameLookup = NameLookup(), objection: @escaping Objection) {
        self.names = names
        self.objection = objection
    }

    /// Makes a request at the addresses of its host, one after the other, until one can be
    /// connected to. One that changes something is not made again once it may have arrived.
    ///
    /// - Parameters:
    ///   - limit: for connecting; who calls bounds the time of it all.
    ///   - read: takes what it needs of the answer; the rest is not waited for.
    /// - Throws: `Failure`, `CancellationError`.
    package func call<Answer: Sendable>(
        _ request: HTTPClientRequest, connectingWithin limit: Duration,
        _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Answer
    ) async throws -> Answer {
        // Read as the client reads it, or nothing would be pinned.
        guard let host = URL(string: request.url)?.host.map(PinnedCalls.withoutBrackets) else {
            throw Failure.unreadableURL
        }
        let addresses = try await addresses(of: host)
        var forbidden: Failure?
        var unreachable: Failure?
        for address in addresses {
            if let objection = objection(address) {
                forbidden = .forbidden(objection)
                continue
            }
            do {
                return try await call(
                    request, of: host, at: address, connectingWithin: limit / addresses.count,
                    read)
            } catch  where error is CancellationError || Task.isCancelled {
                throw CancellationError()
            } catch {
                let failure = Failure.unreachable(ConnectionProblem.reason(of: error))
                guard request.method == .GET || ConnectionProblem.isBeforeRequest(error) else {
                    throw failure
                }
                unreachable = failure
            }
        }
        throw unreachable ?? forbidden
            ?? Failure.unreachable("\(NameLookupFailure.noAddress)")
    }

    /// In numbers, so that nobody looks anything up again.
    private func addresses(of host: String) async throws -> [String] {
        if PinnedCalls.isNumeric(host) { return [host] }
        do {
            let all = try await names.addresses(of: host).filter(PinnedCalls.isNumeric)
            return Array(all.prefix(PinnedCalls.addressLimit))
        } catch let failure as NameLookupFailure {
            throw Failure.unreachable("\(failure)")
        }
    }

    private func call<Answer: Sendable>(
        _ request: HTTPClientRequest, of host: String, at address: String,
        connectingWithin limit: Duration,
        _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Answer
    ) async throws -> Answer {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [host: address]
        configuration.timeout.connect = TimeAmount(limit)
        var request = request
        request.headers.replaceOrAdd(name: "Connection", value: "close")
        return try await HTTPClient.withHTTPClient(configuration: configuration) {
            [request] client in
            try await read(try await client.execute(request, timeout: .hours(1)))
        }
    }

    private static func isNumeric(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }
}
