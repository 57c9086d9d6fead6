import Contracts
import SwiftProtobuf
import TestSupport
import Testing

@testable import GRPCServing

@Suite("The methods are those of the .proto files")
struct MethodTableTests {
    /// Answered once there is somebody to ask.

    @Test("every method that is declared is served, with the declared request")
    func declared() throws {
        let descriptors = try ServiceDescriptors()
        let methods = ServiceMethod.marketRegime(FakeService())
        for method in methods {
            let descriptor = try #require(descriptors.method(method.fullName), "\(method.fullName)")
            #expect(descriptor.inputType == "." + method.asked.protoMessageName)
            let isStream = if case .stream = method.call { true } else { false }
            #expect(descriptor.serverStreaming == isStream && !descriptor.clientStreaming)
        }
        let file = try #require(
            descriptors.files.first { $0.name == "bloasis/market_regime.proto" })
        let declared = file.service.flatMap { service in
            service.method.map { "\(file.package).\(service.name)/\($0.name)" }
        }
        #expect(Set(declared) == Set(methods.map(\.fullName)))
        #expect(declared.count == Set(declared).count)
    }

    @Test("health and reflection are declared too")
    func operations() throws {
        let descriptors = try ServiceDescriptors()
        let health = HealthMethods(services: [], isReady: { true }).methods
        for method in health { #expect(descriptors.method(method.fullName) != nil) }
        for service in ReflectionAnswers.services {
            #expect(descriptors.method("\(service)/\(ReflectionAnswers.method)") != nil)
        }
    }
}
