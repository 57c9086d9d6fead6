package import Ports
import Testing

/// A fresh registry for one law.
package struct RegistryWorld: Sendable {
    package let registrar: any Registrar
    package let directory: any ServiceDirectory
    /// Makes the registry find an instance healthy or not; returns once it has.
    package let set: @Sendable (InstanceStatus, ServiceRegistration) async throws -> Void

    package init(
        registrar: any Registrar, directory: any ServiceDirectory,
        set: @escaping @Sendable (InstanceStatus, ServiceRegistration) async throws -> Void
    ) {
        self.registrar = registrar
        self.directory = directory
        self.set = set
    }

    package static func inMemory() -> RegistryWorld {
        let registry = InMemoryRegistry()
        return RegistryWorld(registrar: registry, directory: registry) { status, registration in
            registry.set(
                status, service: registration.serviceName, instanceID: registration.instanceID)
        }
    }
}

/// What every registry keeps.
package enum RegistryConformance {
    package static let laws: [Law<RegistryWorld>] = knowingLaws + findingLaws

    package static func registration(
        _ number: Int, of service: String = "trading", port: Int = 8085
    ) -> ServiceRegistration {
        ServiceRegistration(
            serviceName: service, instanceID: "\(service)-\(number)",
            serviceURL: "http://127.0.0.1:\(port + number)",
            healthCheckURL: "http://127.0.0.1:\(port + number)/health",
            metadata: JSONObject([.init("zone", .string("a \"b\" ü"))]))
    }

    private static let knowingLaws: [Law<RegistryWorld>] = [
        Law("what is registered is listed as it was, and not healthy before it is found so") {
            world in
            let registration = registration(1)
            let id = try await world.registrar.register(registration)
            #expect(id == registration.instanceID)
            let listed = try await world.directory.instances(of: "trading")
            #expect(listed.count == 1)
            let instance = try #require(listed.first)
            #expect(instance.registration.instanceID == id)
            #expect(instance.registration.serviceName == "trading")
            #expect(instance.registration.serviceURL == registration.serviceURL)
            #expect(instance.registration.healthCheckURL == registration.healthCheckURL)
            #expect(instance.registration.metadata["zone"] == registration.metadata["zone"])
            #expect(instance.status != .healthy)
        },
        Law("the same id overwrites") { world in
            var registration = registration(1)
            try await world.registrar.register(registration)
            registration.serviceURL = "http://127.0.0.1:9999"
            try await world.registrar.register(registration)
            let urls = try await world.directory.instances(of: "trading")
                .map(\.registration.serviceURL)
            #expect(urls == ["http://127.0.0.1:9999"])
        },
        Law("deregistering takes out that instance only, and may be repeated") { world in
            try await world.registrar.register(registration(1))
            try await world.registrar.register(registration(2))
            for _ in 1...2 {
                try await world.registrar.deregister(service: "trading", instanceID: "trading-1")
                let ids = try await world.directory.instances(of: "trading")
                    .map(\.registration.instanceID)
                #expect(ids == ["trading-2"])
            }
            try await world.registrar.deregister(service: "nobody", instanceID: "nobody-1")
        },
        Law("an instance is known from its registration until it is taken out") { world in
            func isKnown() async throws -> Bool {
                try await world.registrar.isKnown(service: "trading", instanceID: "trading-1")
            }
            #expect(try await !isKnown())
            try await world.registrar.register(registration(1))
            #expect(try await isKnown())
            try await world.registrar.deregister(service: "trading", instanceID: "trading-1")
            #expect(try await !isKnown())
        },
    ]

    private static let findingLaws: [Law<RegistryWorld>] = [
        Law("an unknown service has no instances and no URL") { world in
            let listed = try await world.directory.instances(of: "no/body ?")
            #expect(listed.isEmpty)
            await #expect(throws: RegistryError.noHealthyInstance(service: "no/body ?")) {
                try await world.directory.url(of: "no/body ?")
            }
        },
        Law("a URL is that of a healthy instance, and the healthy ones take turns") { world in
            let all = (1...3).map { registration($0) }
            for registration in all { try await world.registrar.register(registration) }
            try await world.set(.healthy, all[0])
            try await world.set(.unhealthy, all[1])
            try await world.set(.healthy, all[2])
            var counts: [String: Int] = [:]
            for _ in 1...6 {
                counts[try await world.directory.url(of: "trading"), default: 0] += 1
            }
            #expect(counts == [all[0].serviceURL: 3, all[2].serviceURL: 3])
        },
        Law("an instance that nobody can ask is never handed out") { world in
            var registration = registration(1)
            registration.healthCheckURL = nil
            try await world.registrar.register(registration)
            let statuses = try await world.directory.instances(of: "trading").map(\.status)
            #expect(statuses == [.unknown])
            await #expect(throws: RegistryError.noHealthyInstance(service: "trading")) {
                try await world.directory.url(of: "trading")
            }
        },
        Law("services are apart") { world in
            let one = registration(1)
            let other = registration(1, of: "gateway", port: 8080)
            try await world.registrar.register(one)
            try await world.registrar.register(other)
            try await world.set(.healthy, other)
            #expect(try await world.directory.url(of: "gateway") == other.serviceURL)
            await #expect(throws: RegistryError.noHealthyInstance(service: "trading")) {
                try await world.directory.url(of: "trading")
            }
        },
    ]
}
