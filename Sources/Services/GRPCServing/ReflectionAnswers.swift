import Contracts
import SwiftProtobuf

/// gRPC server reflection (grpc/reflection/v1/reflection.proto): what is served here, and the files
/// that describe it.
struct ReflectionAnswers: Sendable {
    typealias Asked = Grpc_Reflection_V1_ServerReflectionRequest
    typealias Answered = Grpc_Reflection_V1_ServerReflectionResponse

    /// The same messages under two names: clients ask by the older one too.
    static let services = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]
    static let method = "ServerReflectionInfo"
    /// Questions are names.
    static let askedLimitBytes = 64 << 10

    private let served: [String]
    private let files: [String: Google_Protobuf_FileDescriptorProto]
    /// The file that declares a name.
    private let fileOfSymbol: [String: String]
    /// The file that declares an extension, by what it extends and its number.
    private let fileOfExtension: [String: [Int32: String]]

    init(_ descriptors: ServiceDescriptors, services: [String]) {
        var index = SymbolIndex()
        var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
        for file in descriptors.files {
            index.add(file)
            var bare = file
            bare.clearSourceCodeInfo()
            files[file.name] = bare
        }
        served = services
        self.files = files
        fileOfSymbol = index.fileOfSymbol
        fileOfExtension = index.fileOfExtension
    }

    /// A question that cannot be answered is answered with an error, and the stream goes on.
    func answer(to asked: Asked) -> Answered {
        var answered = Answered()
        answered.validHost = asked.host
        answered.originalRequest = asked
        do {
            answered.messageResponse = try response(to: asked.messageRequest)
        } catch {
            var fault = Grpc_Reflection_V1_ErrorResponse()
            fault.errorCode = error.code.rawValue
            fault.errorMessage = error.message
            answered.messageResponse = .errorResponse(fault)
        }
        return answered
    }

    private func response(
        to question: Asked.OneOf_MessageRequest?
    ) throws(RPCFault) -> Answered.OneOf_MessageResponse {
        switch question {
        case .fileByFilename(let name):
            return try described(files[name] == nil ? nil : name, "file", name)
        case .fileContainingSymbol(let name):
            return try described(fileOfSymbol[name], "symbol", name)
        case .fileContainingExtension(let asked):
            let file = fileOfExtension[asked.containingType]?[asked.extensionNumber]
            let name = "\(asked.containingType) \(asked.extensionNumber)"
            return try described(file, "extension", name)
        case .allExtensionNumbersOfType(let type):
            guard let name = fileOfSymbol[type], files[name] != nil else {
                throw unknown("type", type)
            }
            var numbers = Grpc_Reflection_V1_ExtensionNumberResponse()
            numbers.baseTypeName = type
            numbers.extensionNumber = (fileOfExtension[type] ?? [:]).keys.sorted()
            return .allExtensionNumbersResponse(numbers)
        case .listServices:
            var list = Grpc_Reflection_V1_ListServiceResponse()
            list.service = served.map { name in
                var service = Grpc_Reflection_V1_ServiceResponse()
                service.name = name
                return service
            }
            return .listServicesResponse(list)
        case nil: throw .invalidArgument("the request asks nothing")
        }
    }

    /// A file and all that it imports.
    private func described(
        _ file: String?, _ kind: String, _ asked: String
    ) throws(RPCFault) -> Answered.OneOf_MessageResponse {
        guard let file else { throw unknown(kind, asked) }
        var names = [file]
        var position = 0
        while position < names.count {
            let imported = files[names[position]]?.dependency ?? []
            names += imported.filter { !names.contains($0) }
            position += 1
        }
        var response = Grpc_Reflection_V1_FileDescriptorResponse()
        do {
            response.fileDescriptorProto = try names.compactMap {
                try files[$0]?.serializedData()
            }
        } catch {
            throw RPCFault(.internalError, "\(file) cannot be written: \(error)")
        }
        return .fileDescriptorResponse(response)
    }

    private func unknown(_ kind: String, _ name: String) -> RPCFault {
        .notFound("no \(kind) '\(RequestReading.excerpt(name))' is known here")
    }
}

/// Which file declares what.
private struct SymbolIndex {
    var fileOfSymbol: [String: String] = [:]
    var fileOfExtension: [String: [Int32: String]] = [:]

    mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
        func scoped(_ name: String, in scope: String) -> String {
            scope.isEmpty ? name : "\(scope).\(name)"
        }
        func add(_ message: Google_Protobuf_DescriptorProto, in scope: String) {
            let name = scoped(message.name, in: scope)
            fileOfSymbol[name] = file.name
            for field in message.field { fileOfSymbol["\(name).\(field.name)"] = file.name }
            for nested in message.nestedType { add(nested, in: name) }
            for nested in message.enumType { fileOfSymbol["\(name).\(nested.name)"] = file.name }
            for field in message.extension { add(field, in: name) }
        }
        func add(_ field: Google_Protobuf_FieldDescriptorProto, in scope: String) {
            fileOfSymbol[scoped(field.name, in: scope)] = file.name
            let extended = String(field.extendee.drop { $0 == "." })
            fileOfExtension[extended, default: [:]][field.number] = file.name
        }
        for message in file.messageType { add(message, in: file.package) }
        for enumeration in file.enumType {
            fileOfSymbol[scoped(enumeration.name, in: file.package)] = file.name
        }
        for field in file.extension { add(field, in: file.package) }
        for service in file.service {
            let name = scoped(service.name, in: file.package)
            fileOfSymbol[name] = file.name
            for method in service.method { fileOfSymbol["\(name).\(method.name)"] = file.name }
        }
    }
}
