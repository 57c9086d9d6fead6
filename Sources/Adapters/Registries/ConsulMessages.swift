import Contracts
import Foundation
import Ports

/// The JSON of Consul's agent and health API (HTTP API of Consul, "Agent: service" and "Health").
enum ConsulMessages {
    /// How often Consul asks for an instance's health, and how long it waits for the answer.
    static let checkInterval = "10s"
    static let checkTimeout = "3s"
    /// After how long without health Consul takes an instance out; it knows no shorter time.
    static let deregisterAfter = "1m"
    /// What Consul takes in `Meta`: pairs of strings.
    static let metaLimit = 64
    static let metaNameBytes = 128
    static let metaValueBytes = 512

    /// What of an instance has no place of its own in Consul is kept in its `Meta`.
    static let urlMeta = "service_url"
    static let healthMeta = "health_check_url"

    /// The body of `PUT /v1/agent/service/register`.
    ///
    /// Of the metadata goes what Consul takes: values that are no strings as JSON text, and
    /// neither long ones nor names with other characters than letters, digits, `_` and `-`.
    ///
    /// - Throws: `RegistryError.unfit` when the service's URL names no host.
    static func registration(_ registration: ServiceRegistration) throws(RegistryError) -> String {
        guard let url = URL(string: registration.serviceURL), let host = url.host else {
            throw .unfit(reason: "Consul needs a host, and the service's URL names none")
        }
        let port = url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80)
        let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var json = JSONWriter()
        json.object { json in
            json.member("ID", registration.instanceID)
            json.member("Name", registration.serviceName)
            json.member("Address", address)
            json.member("Port", Int64(port))
            json.member("Tags") { $0.array(["bloasis"]) { $0.string($1) } }
            json.member("Meta") { json in
                json.object { json in
                    for (name, value) in meta(of: registration) { json.member(name, value) }
                }
            }
            if let healthURL = registration.healthCheckURL {
                json.member("Check") { write(check: healthURL, to: &$0) }
            }
        }
        return json.text
    }

    private static func write(check url: String, to json: inout JSONWriter) {
        json.object { json in
            json.member("HTTP", url)
            json.member("Method", "GET")
            json.member("Interval", checkInterval)
            json.member("Timeout", checkTimeout)
            json.member("DeregisterCriticalServiceAfter", deregisterAfter)
        }
    }

    private static func meta(of registration: ServiceRegistration) -> [(String, String)] {
        var pairs = [(urlMeta, registration.serviceURL)]
        if let url = registration.healthCheckURL { pairs.append((healthMeta, url)) }
        for member in registration.metadata.members
        where ![urlMeta, healthMeta].contains(member.name) {
            pairs.append((member.name, member.value.string ?? member.value.text))
        }
        return Array(pairs.filter { fits($0.0, $0.1) }.prefix(metaLimit))
    }

    private static func fits(_ name: String, _ value: String) -> Bool {
        (1...metaNameBytes).contains(name.utf8.count) && value.utf8.count <= metaValueBytes
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                    || $0 == "_" || $0 == "-"
            }
    }
}

extension ServiceInstance {
    /// An element of `GET /v1/health/service/:name`.
    ///
    /// The instance's own checks make its status: one that passes is healthy, one that does not
    /// unhealthy, and without any it is unknown. Those of its node are the node's.
    init(consul json: JSONValue) throws(InstanceProblem) {
        guard let service = json.object?["Service"]?.object,
            let id = service["ID"]?.string, let name = service["Service"]?.string
        else { throw InstanceProblem(field: "Service", problem: "has no ID and Service") }
        let meta = service["Meta"]?.object ?? JSONObject()
        let registration = ServiceRegistration(
            serviceName: name, instanceID: id,
            serviceURL: try ServiceInstance.url(of: service, meta, node: json.object?["Node"]),
            healthCheckURL: meta[ConsulMessages.healthMeta]?.string,
            metadata: JSONObject(
                meta.members.filter {
                    ![ConsulMessages.urlMeta, ConsulMessages.healthMeta].contains($0.name)
                }))
        let checks = (json.object?["Checks"]?.array ?? []).compactMap(\.object)
            .filter { $0["ServiceID"]?.string == id }
        let arePassing = checks.allSatisfy { $0["Status"]?.string == "passing" }
        self.init(
            registration: registration,
            status: checks.isEmpty ? .unknown : arePassing ? .healthy : .unhealthy,
            registeredAt: nil)
    }

    /// As it was registered, or made of address and port: an instance without an address of its own
    /// has its node's.
    private static func url(
        of service: JSONObject, _ meta: JSONObject, node: JSONValue?
    ) throws(InstanceProblem) -> String {
        if let url = meta[ConsulMessages.urlMeta]?.string { return url }
        let own = service["Address"]?.string ?? ""
        let address = own.isEmpty ? node?.object?["Address"]?.string ?? "" : own
        guard !address.isEmpty, case .number(let port)? = service["Port"] else {
            throw InstanceProblem(field: "Service", problem: "has no Address and Port")
        }
        return address.contains(":") ? "http://[\(address)]:\(port)" : "http://\(address):\(port)"
    }
}
