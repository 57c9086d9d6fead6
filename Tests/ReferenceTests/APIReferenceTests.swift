import Contracts
import Gateway
import Hosting
import Hummingbird
import Logging
import Ports
import TestSupport
import Testing

@testable import ConfigService
@testable import HTTPServing
@testable import bloasis

@Suite("The reference of the API")
struct APIReferenceTests {
    @Test("is what the descriptors say that the routes are made from")
    func reference() throws {
        try GeneratedDocument.expect(
            try APIReference().text, at: "Documentation/Reference/api.md")
    }

    @Test("as OpenAPI too, as a gateway serves it")
    func openAPI() throws {
        let descriptors = try ServiceDescriptors()
        try GeneratedDocument.expect(
            Self.routes(descriptors).document(descriptors, version: Version.text),
            at: "Documentation/Reference/openapi.json")
    }

    /// Of all methods.
    private static func routes(_ descriptors: ServiceDescriptors) throws -> MethodRoutes {
        try MethodRoutes(
            APIReference.methods, descriptors,
            configuration: HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "gateway"),
            answers: ContentAnswers(thresholdBytes: 0, compressing: nil))
    }

    @Test("every method, every message and every field says what it is")
    func comments() throws {
        let reference = try APIReference()
        #expect(reference.wordless.isEmpty, "\(reference.wordless.joined(separator: ", "))")
    }

    @Test("routes beside the methods are served")
    func others() async throws {
        let answers = ContentAnswers(thresholdBytes: 0, compressing: nil)
        let gateway = KnownRoutes()
        let table = RouteTable(router: Router(context: HTTPContext.self), known: gateway)
        OperationRoutes(serviceName: "s", readiness: { [] }, metrics: { "" }).add(to: table)
        PageRoutes(document: "{}", answers: answers).add(to: table)
        try Self.routes(try ServiceDescriptors()).add(to: table)
        let registry = KnownRoutes()
        await ServiceRegistry(
            archive: InMemoryRegistryArchive(), probe: InMemoryHealthProbe(),
            policy: HealthURLPolicy(bindAddress: "127.0.0.1"), now: { Samples.day(0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).routes.add(
            to: RouteTable(router: Router(context: HTTPContext.self), known: registry))
        for (known, routes) in [
            (gateway, APIReference.others), (registry, APIReference.registry),
        ] {
            for (verb, path, _) in routes {
                let methods = known.route(of: path)?.methods.map(\.rawValue)
                #expect(methods?.contains(verb) == true, "\(verb) \(path)")
            }
        }
    }
}
