import Contracts
import Ports

/// What is wrong with one part of a request, as FastAPI tells it.
struct InputProblem: Equatable, Sendable {
    /// `["body", "service_name"]`.
    var location: [String]
    var message: String
    /// Pydantic's name for this kind of problem.
    var kind: String
}

/// A request that is answered with 422: all that is wrong with it.
struct InputRefusal: Error, Equatable {
    var problems: [InputProblem]
}

/// How long the parts of a registration may be.
enum RegistrationLimits {
    static let bodyBytes = 64 << 10
    static let nameBytes = 128
    static let instanceIDBytes = 256
    static let urlBytes = 2_048
    /// As JSON.
    static let metadataBytes = 4_096
}

extension ServiceRegistration {
    /// Reads the body of `POST /register`; members that nobody knows are let pass.
    init(requestBody body: [UInt8], policy: HealthURLPolicy) throws(InputRefusal) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: body)
        } catch {
            let place = ["body", String(error.offset)]
            throw InputRefusal(problems: [
                InputProblem(
                    location: place, message: "the body is not JSON: \(error.reason)",
                    kind: "json_invalid")
            ])
        }
        guard let object = json.object else {
            throw InputRefusal(problems: [
                InputProblem(
                    location: ["body"], message: "the body is not a JSON object",
                    kind: "model_attributes_type")
            ])
        }
        var reader = RegistrationReader(object)
        let name = reader.name()
        let url = reader.serviceURL()
        let healthURL = reader.healthURL(policy)
        let metadata = reader.metadata()
        let instanceID = reader.instanceID(in: metadata)
        guard reader.problems.isEmpty else { throw InputRefusal(problems: reader.problems) }
        self.init(
            serviceName: name,
            instanceID: instanceID ?? ServiceRegistration.instanceID(of: name, at: url),
            serviceURL: url, healthCheckURL: healthURL, metadata: metadata)
    }

    /// The id of an instance that did not choose one: the same for the same place, so that who
    /// comes again replaces himself.
    static func instanceID(of service: String, at url: String) -> String {
        // FNV-1a over 64 bits (Fowler, Noll and Vo; offset basis and prime as published).
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in url.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\(service)-\(String(hash, radix: 16))"
    }
}

/// Reads the members of a registration and keeps what is wrong with them.
private struct RegistrationReader {
    private let object: JSONObject
    private(set) var problems: [InputProblem] = []

    init(_ object: JSONObject) {
        self.object = object
    }

    mutating func name() -> String {
        let field = RegistryField.serviceName
        guard let name = required(field) else { return "" }
        checkIdentifier(name, [field], limit: RegistrationLimits.nameBytes)
        return name
    }

    mutating func serviceURL() -> String {
        let field = RegistryField.serviceURL
        guard let url = required(field) else { return "" }
        guard checkLength(url, [field], limit: RegistrationLimits.urlBytes) else { return url }
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let isURL =
            parts.count == 2 && !parts[1].isEmpty && parts[0].first?.isLetter == true
            && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        if !isURL { add([field], "is not a URL: write it as http://host:port", "value_error") }
        return url
    }

    mutating func healthURL(_ policy: HealthURLPolicy) -> String? {
        let field = RegistryField.healthCheckURL
        guard let value = object[field], value != .null else { return nil }
        guard let url = text(value, [field]),
            checkLength(url, [field], limit: RegistrationLimits.urlBytes)
        else { return nil }
        if let objection = policy.objection(toURL: url) {
            add([field], "cannot be asked: \(objection)", "value_error")
        }
        return url
    }

    mutating func metadata() -> JSONObject {
        let field = RegistryField.metadata
        guard let value = object[field], value != .null else { return JSONObject() }
        guard let metadata = value.object else {
            add([field], "is not an object", "dict_type")
            return JSONObject()
        }
        if value.text.utf8.count > RegistrationLimits.metadataBytes {
            add(
                [field], "has more than \(RegistrationLimits.metadataBytes) bytes as JSON",
                "value_error")
        }
        return metadata
    }

    /// `nil`: none is given.
    mutating func instanceID(in metadata: JSONObject) -> String? {
        let place = [RegistryField.metadata, RegistryField.instanceID]
        guard let value = metadata[RegistryField.instanceID], value != .null,
            let instanceID = text(value, place)
        else { return nil }
        checkIdentifier(instanceID, place, limit: RegistrationLimits.instanceIDBytes)
        return instanceID
    }

    // MARK: - Checks

    private mutating func required(_ field: String) -> String? {
        guard let value = object[field] else {
            add([field], "is missing", "missing")
            return nil
        }
        return text(value, [field])
    }

    private mutating func text(_ value: JSONValue, _ place: [String]) -> String? {
        if value.string == nil { add(place, "is not a string", "string_type") }
        return value.string
    }

    private mutating func checkLength(_ text: String, _ place: [String], limit: Int) -> Bool {
        guard text.isEmpty || text.utf8.count > limit else { return true }
        add(
            place, text.isEmpty ? "is empty" : "has more than \(limit) bytes",
            text.isEmpty ? "string_too_short" : "string_too_long")
        return false
    }

    /// Visible ASCII: it is written into paths, logs and files.
    private mutating func checkIdentifier(_ text: String, _ place: [String], limit: Int) {
        guard checkLength(text, place, limit: limit) else { return }
        guard !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return }
        add(place, "has characters other than visible ASCII", "string_pattern_mismatch")
    }

    private mutating func add(_ place: [String], _ message: String, _ kind: String) {
        let name = place.joined(separator: ".")
        problems.append(
            InputProblem(location: ["body"] + place, message: "\(name) \(message)", kind: kind))
    }
}
