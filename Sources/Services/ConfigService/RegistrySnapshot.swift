import Contracts
import Ports

/// What is kept of the registry over a restart: `{"version":1,"instances":[…]}`, the instances as
/// the API lists them. Their status is kept for who reads the file; a restart begins with none.
enum RegistrySnapshot {
    static let version = "1"

    /// Why a text is no snapshot.
    struct Damage: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    static func encode(_ instances: [ServiceInstance]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("version") { $0.value(.number(version)) }
            json.member("instances") { $0.array(instances) { $1.write(to: &$0) } }
        }
        return Array((json.text + "\n").utf8)
    }

    /// - Throws: `Damage` for anything else than what `encode` writes.
    static func decode(_ text: [UInt8]) throws(Damage) -> [ServiceInstance] {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text)
        } catch {
            throw Damage(description: "it is not JSON: \(error)")
        }
        guard json.object?["version"] == .number(version) else {
            throw Damage(description: "it is not of version \(version)")
        }
        guard let elements = json.object?["instances"]?.array else {
            throw Damage(description: "it has no instances")
        }
        var instances: [ServiceInstance] = []
        for element in elements {
            do {
                instances.append(try ServiceInstance(json: element))
            } catch {
                throw Damage(description: "instance \(instances.count + 1): \(error)")
            }
        }
        return instances
    }
}
