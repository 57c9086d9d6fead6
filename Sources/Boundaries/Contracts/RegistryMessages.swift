import Market
package import Ports

// The JSON of the service registry: what clients send and what the config-service answers and
// keeps.

/// The members that the messages of the registry share.
package enum RegistryField {
    package static let serviceName = "service_name"
    package static let serviceURL = "service_url"
    package static let healthCheckURL = "health_check_url"
    package static let metadata = "service_metadata"
    package static let instanceID = "instance_id"
    package static let status = "status"
    package static let registeredAt = "registered_at"
}

extension ServiceRegistration {
    /// The body of `POST /register`; the id is one of the metadata.
    package var requestJSON: String {
        var metadata = metadata
        metadata[RegistryField.instanceID] = .string(instanceID)
        var json = JSONWriter()
        json.object { json in
            json.member(RegistryField.serviceName, serviceName)
            json.member(RegistryField.serviceURL, serviceURL)
            json.member(RegistryField.healthCheckURL, healthCheckURL)
            json.member(RegistryField.metadata) { $0.value(.object(metadata)) }
        }
        return json.text
    }
}

/// JSON that is not an instance as a registry lists it: which member, and what is wrong with it.
package struct InstanceProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let field: String
    package let problem: String

    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field) \(problem)" }
}

extension ServiceInstance {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member(RegistryField.instanceID, registration.instanceID)
            json.member(RegistryField.serviceName, registration.serviceName)
            json.member(RegistryField.serviceURL, registration.serviceURL)
            json.member(RegistryField.healthCheckURL, registration.healthCheckURL)
            json.member(RegistryField.status, status.rawValue)
            json.member(RegistryField.metadata) { $0.value(.object(registration.metadata)) }
            json.member(RegistryField.registeredAt, registeredAt?.rfc3339)
        }
    }

    /// What else there is in it is let pass; so is a time that cannot be read.
    package init(json: JSONValue) throws(InstanceProblem) {
        guard let object = json.object else {
            throw InstanceProblem(field: "an element", problem: "is not an object")
        }
        func text(_ field: String) throws(InstanceProblem) -> String {
            guard let text = object[field]?.string else {
                throw InstanceProblem(field: field, problem: "is not a string")
            }
            return text
        }
        func optionalText(_ field: String) throws(InstanceProblem) -> String? {
            object[field] == nil || object[field] == .null ? nil : try text(field)
        }
        guard let status = InstanceStatus(rawValue: try text(RegistryField.status)) else {
            let known = InstanceStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw InstanceProblem(field: RegistryField.status, problem: "is none of \(known)")
        }
        let registration = ServiceRegistration(
            serviceName: try text(RegistryField.serviceName),
            instanceID: try text(RegistryField.instanceID),
            serviceURL: try text(RegistryField.serviceURL),
            healthCheckURL: try optionalText(RegistryField.healthCheckURL),
            metadata: object[RegistryField.metadata]?.object ?? JSONObject())
        self.init(
            registration: registration, status: status,
            registeredAt: try optionalText(RegistryField.registeredAt)
                .flatMap { Timestamp(rfc3339: $0) })
    }
}

/// What may be done with the registry, as the rules of access name it.
package enum RegistryCall: String, Sendable, CaseIterable {
    /// To look who is there.
    case read = "registry/Read"
    /// To register and to deregister.
    case change = "registry/Change"
}
