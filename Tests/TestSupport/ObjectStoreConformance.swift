package import Ports
import Testing

extension Samples {
    package static func objectKey(_ text: String) -> ObjectKey {
        guard let key = ObjectKey(text) else { preconditionFailure("\(text) is no key") }
        return key
    }
}

/// What every `ObjectStore` keeps.
package enum ObjectStoreConformance {
    /// Asks a store again that was asked too much, as it says.
    private static func patiently<Value>(
        _ call: () async throws -> Value
    ) async throws -> Value {
        for _ in 0..<20 {
            do {
                return try await call()
            } catch let error as ObjectError where error.isRetriable {
                continue
            }
        }
        return try await call()
    }

    package static let laws: [Law<any ObjectStore>] = [
        Law("an object comes back byte for byte, with its type") { store async throws in
            var generator = SplitMix64(seed: 7)
            for count in [0, 1, 1_000, 3 << 20] {
                let key = Samples.objectKey("models/spx-\(count).bin")
                let bytes = (0..<count).map { _ in
                    UInt8(truncatingIfNeeded: generator.next())
                }
                try await store.put(bytes, to: key, contentType: "application/json")
                let download = try await store.get(key)
                #expect(download.size == count && download.contentType == "application/json")
                #expect(try await download.bytes() == bytes)
            }
        },
        Law("what is put again takes the place of what was") { store async throws in
            let key = Samples.objectKey("a")
            for text in ["first", "second, which is longer", ""] {
                try await store.put(Array(text.utf8), to: key, contentType: "text/plain")
                #expect(try await store.get(key).bytes() == Array(text.utf8))
            }
        },
        Law("what is not there is told by its key; deleting it changes nothing") {
            store async throws in
            let key = Samples.objectKey("reports/none.html")
            let error = await #expect(throws: ObjectError.self) { _ = try await store.get(key) }
            #expect(error?.reason == .notFound(key) && error?.isRetriable == false)
            try await store.delete(key)
            try await store.put([1], to: key, contentType: "text/html")
            try await store.delete(key)
            try await store.delete(key)
            await #expect(throws: ObjectError.self) { _ = try await store.get(key) }
        },
        Law("keys that look alike, or hold one another, are different") { store async throws in
            let keys = [
                "a/b", "a/b/c", "a", "A", "a.b", "a_b", "a+b", "a=b", "a@b", "a$b", "a/b.object",
                "a/b.object/c", "a.folder/b", "a-b", "..a", "a..",
            ].map(Samples.objectKey)
            for (place, key) in keys.enumerated() {
                try await store.put([UInt8(place)], to: key, contentType: "text/plain")
            }
            for (place, key) in keys.enumerated() {
                #expect(try await store.get(key).bytes() == [UInt8(place)], "\(key)")
            }
        },
        Law("readers see one object or the other, whoever writes meanwhile") { store async throws in
            let key = Samples.objectKey("shared")
            let texts = [UInt8(1), 2].map { [UInt8](repeating: $0, count: 200_000) }
            try await store.put(texts[0], to: key, contentType: "text/plain")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for text in texts {
                    tasks.addTask {
                        for _ in 0..<5 {
                            try await patiently {
                                try await store.put(text, to: key, contentType: "text/plain")
                            }
                        }
                    }
                    tasks.addTask {
                        for _ in 0..<10 {
                            let bytes = try await patiently {
                                try await store.get(key).bytes()
                            }
                            #expect(texts.contains(bytes))
                        }
                    }
                }
                try await tasks.waitForAll()
            }
        },
        Law("it can be asked whether it is there") { store async throws in
            try await store.ping()
            #expect(!store.location.isEmpty)
        },
    ]
}
