import Contracts
import HTTPTypes
import Hosting
import Hummingbird
import NIOCore

/// Liveness, readiness, metrics and the page.
struct OperationRoutes {
    let configuration: GatewayConfiguration
    let readiness: @Sendable () async -> [DependencyHealth]
    let metrics: @Sendable () async -> String

    static let probePaths: Set<String> = ["/health", "/ready", "/metrics"]

    /// The page loads nothing from elsewhere and cannot be framed.
    static let pagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'"

    func add(to routes: inout RouteTable) {
        routes.add(.get, "/health") { _, _ in
            var json = JSONWriter()
            json.object { json in
                json.member("status", "healthy")
                json.member("service", configuration.serviceName)
            }
            return .json(json.text)
        }
        routes.add(.get, "/ready") { _, _ in ready(await readiness()) }
        routes.add(.get, "/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await metrics())))
        }
        let page = ByteBuffer(bytes: PackageResources.index_html)
        routes.add(.get, "/") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                    .contentSecurityPolicy: OperationRoutes.pagePolicy,
                    .xContentTypeOptions: "nosniff",
                ],
                body: ResponseBody(byteBuffer: page))
        }
    }

    private func ready(_ dependencies: [DependencyHealth]) -> Response {
        let failing = dependencies.filter { !$0.isHealthy }
        var json = JSONWriter()
        json.object { json in
            json.member("status", failing.isEmpty ? "ready" : "not_ready")
            json.member("service", configuration.serviceName)
            json.member("failing") { json in
                json.array(failing) { $0.string($1.name) }
            }
            json.member("dependencies") { json in
                json.array(dependencies) { json, dependency in
                    json.object { json in
                        json.member("name", dependency.name)
                        json.member("status", dependency.isHealthy ? "healthy" : "unhealthy")
                        json.member("detail", dependency.detail)
                    }
                }
            }
        }
        return .json(json.text, status: failing.isEmpty ? .ok : .serviceUnavailable)
    }
}
