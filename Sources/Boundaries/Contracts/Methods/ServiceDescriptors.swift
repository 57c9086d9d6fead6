package import SwiftProtobuf

/// The .proto files as descriptors, comments of our own included.
package struct ServiceDescriptors: Sendable {
    package let files: [Google_Protobuf_FileDescriptorProto]
    private let messages: [String: Google_Protobuf_DescriptorProto]
    private let enums: [String: Google_Protobuf_EnumDescriptorProto]
    private let methods: [String: Google_Protobuf_MethodDescriptorProto]
    /// By full names of messages, fields (`message.field`), enums, services and methods
    /// (`service/method`).
    private let comments: [String: String]

    /// Those that the program was built with.
    ///
    /// - Throws: only where what was built in is not what `make protos` makes.
    package init() throws {
        let set = try Google_Protobuf_FileDescriptorSet(
            serializedBytes: PackageResources.services_binpb,
            extensions: Google_Api_Annotations_Extensions)
        var index = DescriptorIndex()
        for file in set.file { index.add(file) }
        files = set.file
        (messages, enums, methods, comments) =
            (index.messages, index.enums, index.methods, index.comments)
    }

    package func message(_ name: String) -> Google_Protobuf_DescriptorProto? { messages[name] }

    package func enumeration(_ name: String) -> Google_Protobuf_EnumDescriptorProto? {
        enums[name]
    }

    /// - Parameter name: `service/method`.
    package func method(_ name: String) -> Google_Protobuf_MethodDescriptorProto? {
        methods[name]
    }

    /// What stands above a declaration, as one paragraph; `nil` where nothing does.
    package func comment(_ name: String) -> String? { comments[name] }

    /// Where a method is found over HTTP; `nil` for one that is not.
    ///
    /// - Throws: `HTTPRoute.Malformed`.
    package func route(of method: String) throws(HTTPRoute.Malformed) -> HTTPRoute? {
        guard let options = methods[method]?.options, options.hasGoogle_Api_http else {
            return nil
        }
        return try HTTPRoute(options.Google_Api_http, method: method)
    }
}

extension Google_Protobuf_FieldDescriptorProto {
    /// `type_name` without its leading dot.
    package var referredName: String { String(typeName.drop { $0 == "." }) }
}

/// Everything in files by its full name.
private struct DescriptorIndex {
    var messages: [String: Google_Protobuf_DescriptorProto] = [:]
    var enums: [String: Google_Protobuf_EnumDescriptorProto] = [:]
    var methods: [String: Google_Protobuf_MethodDescriptorProto] = [:]
    var comments: [String: String] = [:]

    mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
        let comments = SourceComments(file.sourceCodeInfo)
        for (number, message) in file.messageType.enumerated() {
            add(message, in: file.package, at: [4, Int32(number)], comments)
        }
        for (number, enumeration) in file.enumType.enumerated() {
            add(enumeration, in: file.package, at: [5, Int32(number)], comments)
        }
        for (number, service) in file.service.enumerated() {
            let name = "\(file.package).\(service.name)"
            let place = [6, Int32(number)]
            self.comments[name] = comments.above(place)
            for (number, method) in service.method.enumerated() {
                methods["\(name)/\(method.name)"] = method
                self.comments["\(name)/\(method.name)"] =
                    comments.above(place + [2, Int32(number)])
            }
        }
    }

    private mutating func add(
        _ message: Google_Protobuf_DescriptorProto, in scope: String, at place: [Int32],
        _ comments: SourceComments
    ) {
        let name = "\(scope).\(message.name)"
        messages[name] = message
        self.comments[name] = comments.above(place)
        for (number, field) in message.field.enumerated() {
            self.comments["\(name).\(field.name)"] = comments.above(place + [2, Int32(number)])
        }
        for (number, nested) in message.nestedType.enumerated() {
            add(nested, in: name, at: place + [3, Int32(number)], comments)
        }
        for (number, enumeration) in message.enumType.enumerated() {
            add(enumeration, in: name, at: place + [4, Int32(number)], comments)
        }
    }

    private mutating func add(
        _ enumeration: Google_Protobuf_EnumDescriptorProto, in scope: String, at place: [Int32],
        _ comments: SourceComments
    ) {
        let name = "\(scope).\(enumeration.name)"
        enums[name] = enumeration
        self.comments[name] = comments.above(place)
    }
}

/// Comments of a file by the path of what they stand above (`SourceCodeInfo.Location.path` of
/// descriptor.proto).
private struct SourceComments {
    private let byPlace: [[Int32]: String]

    init(_ info: Google_Protobuf_SourceCodeInfo) {
        byPlace = Dictionary(
            info.location.compactMap { location in
                location.leadingComments.isEmpty
                    ? nil : (location.path, SourceComments.paragraph(location.leadingComments))
            }, uniquingKeysWith: { first, _ in first })
    }

    func above(_ place: [Int32]) -> String? { byPlace[place] }

    private static func paragraph(_ comment: String) -> String {
        comment.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }
}
