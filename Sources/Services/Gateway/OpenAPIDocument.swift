import Contracts
import SwiftProtobuf

/// The HTTP API as OpenAPI 3.1, made from the same descriptors as the routes.
struct OpenAPIDocument {
    private let descriptors: ServiceDescriptors
    private let version: String
    private let schemas: OpenAPISchemas

    init(_ descriptors: ServiceDescriptors, version: String) {
        self.descriptors = descriptors
        self.version = version
        schemas = OpenAPISchemas(descriptors)
    }

    func text(of transcoders: [Transcoder]) -> String {
        let paths = Dictionary(grouping: transcoders, by: \.route.path).sorted { $0.key < $1.key }
        var json = JSONWriter()
        json.object { json in
            json.member("openapi", "3.1.0")
            json.member("info", info)
            json.member("servers") { json in
                json.array(["/"]) { json, url in json.object { $0.member("url", url) } }
            }
            json.member("paths") { json in
                json.object { json in
                    for (path, operations) in paths {
                        json.member(path) { json in
                            json.object { json in
                                for operation in operations { write(operation, to: &json) }
                            }
                        }
                    }
                }
            }
            json.member("components") { components(&$0, of: transcoders) }
            json.member("security") { json in
                json.array(["", "bearer"]) { json, scheme in
                    json.object { json in
                        if !scheme.isEmpty {
                            json.member(scheme) { $0.array([String]()) { $0.string($1) } }
                        }
                    }
                }
            }
        }
        return json.text
    }

    private func info(_ json: inout JSONWriter) {
        json.object { json in
            json.member("title", "Bloasis")
            json.member(
                "description",
                "What kind of market it is, since when, how sure and why; bars and fills in, "
                    + "portfolios out. 64-bit integers are strings, as proto3 JSON has them.")
            json.member("version", version)
            json.member("license") { json in
                json.object { json in
                    json.member("name", "Apache 2.0")
                    json.member("identifier", "Apache-2.0")
                }
            }
        }
    }

    // MARK: - Operations

    private func write(_ operation: Transcoder, to json: inout JSONWriter) {
        json.member(operation.route.verb.rawValue.lowercased()) { json in
            json.object { json in
                json.member("operationId", operation.method.name)
                json.member("tags") { json in
                    json.array([operation.method.service]) { $0.string($1) }
                }
                if let summary = descriptors.comment(operation.method.fullName) {
                    json.member("summary", summary)
                }
                parameters(of: operation, &json)
                requestBody(of: operation, &json)
                json.member("responses") { responses(of: operation, &$0) }
            }
        }
    }

    private func parameters(of operation: Transcoder, _ json: inout JSONWriter) {
        let parameters =
            operation.pathFields.map { ($0, "path") } + operation.queryFields.map { ($0, "query") }
        guard !parameters.isEmpty else { return }
        json.member("parameters") { json in
            json.array(parameters) { json, parameter in
                let (field, place) = parameter
                json.object { json in
                    json.member("name", place == "path" ? field.name : field.jsonName)
                    json.member("in", place)
                    if place == "path" { json.member("required", true) }
                    if let comment = descriptors.comment(field.fullName) {
                        json.member("description", comment)
                    }
                    json.member("schema") { schemas.write(field, to: &$0) }
                }
            }
        }
    }

    private func requestBody(of operation: Transcoder, _ json: inout JSONWriter) {
        guard let type = operation.bodyType else { return }
        json.member("requestBody") { json in
            json.object { json in
                json.member("required", true)
                json.member("content") { json in
                    content("application/json", of: type.protoMessageName, &json)
                }
            }
        }
    }

    private func responses(of operation: Transcoder, _ json: inout JSONWriter) {
        let answered = descriptors.method(operation.method.fullName)?.outputType ?? ""
        let isStream = if case .stream = operation.method.call { true } else { false }
        json.object { json in
            json.member("200") { json in
                json.object { json in
                    json.member("description", isStream ? "Events, until either side ends." : "OK")
                    json.member("content") { json in
                        if isStream {
                            content("text/event-stream", of: nil, &json)
                        } else {
                            content(
                                "application/json", of: String(answered.drop { $0 == "." }), &json)
                        }
                    }
                }
            }
            for (status, description) in OpenAPIDocument.faults {
                json.member(status) { json in
                    json.object { json in
                        json.member("description", description)
                        json.member("content") { content("application/json", of: "Status", &$0) }
                    }
                }
            }
        }
    }

    static let faults = [
        ("400", "The request is wrong; the message says what."),
        ("401", "No token, or one that is not valid."),
        ("403", "The token does not allow this."),
        ("404", "There is no such thing."),
        ("409", "It is there already, or was changed meanwhile."),
        ("413", "The body is too large."),
        ("415", "The body is not JSON."),
        ("429", "Too many requests or streams; `Retry-After` says when to ask again."),
        ("503", "A dependency is away."),
        ("default", "Any other fault."),
    ]

    private func content(_ type: String, of schema: String?, _ json: inout JSONWriter) {
        json.object { json in
            json.member(type) { json in
                json.object { json in
                    json.member("schema") { json in
                        json.object { json in
                            if let schema {
                                json.member("$ref", OpenAPISchemas.reference(to: schema))
                            } else {
                                event(&json)
                            }
                        }
                    }
                }
            }
        }
    }

    /// An event by its fields, as they are written.
    private func event(_ json: inout JSONWriter) {
        json.member("type", "object")
        json.member("properties") { json in
            json.object { json in
                for field in ["event", "id", "data"] {
                    json.member(field) { json in
                        json.object { $0.member("type", "string") }
                    }
                }
                json.member("retry") { json in
                    json.object { $0.member("type", "integer") }
                }
            }
        }
    }

    // MARK: - Components

    private func components(_ json: inout JSONWriter, of transcoders: [Transcoder]) {
        let roots = transcoders.flatMap { transcoder -> [String] in
            let answered = descriptors.method(transcoder.method.fullName)?.outputType ?? ""
            return [transcoder.bodyType?.protoMessageName, String(answered.drop { $0 == "." })]
                .compactMap(\.self)
        }
        json.object { json in
            json.member("schemas") { json in
                json.object { json in
                    for name in schemas.reached(from: roots) {
                        json.member(OpenAPISchemas.key(name)) { schemas.write(name, to: &$0) }
                    }
                    json.member("Status") { schemas.writeStatus(to: &$0) }
                }
            }
            json.member("securitySchemes") { json in
                json.object { json in
                    json.member("bearer") { json in
                        json.object { json in
                            json.member("type", "http")
                            json.member("scheme", "bearer")
                            json.member("bearerFormat", "JWT")
                        }
                    }
                }
            }
        }
    }
}
