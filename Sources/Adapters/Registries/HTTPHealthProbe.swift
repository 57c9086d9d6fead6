import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Ports
import WebCalls

/// Asks over HTTP: any status of 200 to 299 is healthy, and redirects are not followed.
///
/// A name is looked up here, its addresses are checked, and one that passed is connected to, so
/// that a name cannot stand for one address when it is checked and for another when it is used.
/// The request keeps the name, for the server and for its certificate. Each request has a
/// connection of its own.
package struct HTTPHealthProbe: HealthProbe {
    /// Why an address may not be connected to; `nil` when it may.
    package typealias Objection = @Sendable (_ address: String) -> String?

    /// Of an answer's body; what is longer is not read to its end.
    static let bodyLimitBytes = 64 << 10
    /// Of one name that are tried, each for its part of the time.
    static let addressLimit = 4

    private let objection: Objection
    private let names = NameLookup()

    package init(objection: @escaping Objection) {
        self.objection = objection
    }

    package func check(_ url: String, within limit: Duration) async throws {
        guard let host = URL(string: url)?.host.map(HTTPHealthProbe.withoutBrackets) else {
            throw ProbeFailure("its URL cannot be read")
        }
        let late = ProbeFailure("no answer within \(limit)")
        try await withLimit(limit, else: late) {
            try await ask(url, host: host, within: limit)
        }
    }

    /// Asks at the addresses of a host one after the other, until one can be connected to.
    private func ask(_ url: String, host: String, within limit: Duration) async throws {
        let isNumeric = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let all = isNumeric ? [host] : try await names.addresses(of: host)
        let addresses = all.prefix(HTTPHealthProbe.addressLimit)
        let connectLimit = limit / addresses.count
        var failure = ProbeFailure("its name has no address")
        for address in addresses {
            if let objection = objection(address) {
                failure = ProbeFailure(objection)
                continue
            }
            do {
                return try await ask(url, host: host, at: address, connectingWithin: connectLimit)
            } catch let problem as ProbeFailure {
                throw problem
            } catch  where error is CancellationError || Task.isCancelled {
                throw CancellationError()
            } catch {
                failure = ProbeFailure(ConnectionProblem.reason(of: error))
            }
        }
        throw failure
    }

    private func ask(
        _ url: String, host: String, at address: String, connectingWithin limit: Duration
    ) async throws {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [host: address]
        configuration.timeout.connect = TimeAmount(limit)
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "bloasis-config-service")
        request.headers.add(name: "Connection", value: "close")
        try await HTTPClient.withHTTPClient(configuration: configuration) { [request] client in
            // Whoever asks bounds the time of it all.
            let response = try await client.execute(request, timeout: .hours(1))
            guard (200...299).contains(response.status.code) else {
                throw ProbeFailure("it answers \(response.status.code)")
            }
            var read = 0
            for try await part in response.body {
                read += part.readableBytes
                if read > HTTPHealthProbe.bodyLimitBytes { break }
            }
        }
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }
}
