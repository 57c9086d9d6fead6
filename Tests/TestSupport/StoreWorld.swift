package import Ports

/// A fresh store for one law, with what an implementation can do to it.
package struct StoreWorld: Sendable {
    package let store: any RegimeStore
    /// The clock that stamps what is recorded.
    package let time: ManualTime
    /// Another handle on the same store, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any RegimeStore
    /// The store after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any RegimeStore

    package init(
        store: any RegimeStore, time: ManualTime,
        another: @escaping @Sendable () async throws -> any RegimeStore,
        restart: @escaping @Sendable () async throws -> any RegimeStore
    ) {
        self.store = store
        self.time = time
        self.another = another
        self.restart = restart
    }

    /// In memory, under the wording of `Samples`.
    package static func inMemory() -> StoreWorld {
        let time = ManualTime()
        let store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
        return StoreWorld(store: store, time: time, another: { store }, restart: { store })
    }
}

/// A fresh event bus for one law.
package struct BusWorld: Sendable {
    package let bus: any EventBus
    package let time: ManualTime
    package let another: @Sendable () async throws -> any EventBus
    package let restart: @Sendable () async throws -> any EventBus

    package init(
        bus: any EventBus, time: ManualTime,
        another: @escaping @Sendable () async throws -> any EventBus,
        restart: @escaping @Sendable () async throws -> any EventBus
    ) {
        self.bus = bus
        self.time = time
        self.another = another
        self.restart = restart
    }

    package static func inMemory() -> BusWorld {
        let bus = InMemoryEventBus()
        return BusWorld(bus: bus, time: ManualTime(), another: { bus }, restart: { bus })
    }
}
