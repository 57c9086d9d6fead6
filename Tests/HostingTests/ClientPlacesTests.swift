import Contracts
import Hosting
import TestSupport
import Testing

@Suite("Places that clients take")
struct ClientPlacesTests {
    private func refusal(_ places: ClientPlaces, _ client: String) throws -> String {
        let fault = try #require(throws: RPCFault.self) { _ = try places.take(for: client) }
        #expect(fault.code == .resourceExhausted)
        return fault.message
    }

    @Test("a client has its own up to the limit, whatever others have")
    func perClient() throws {
        let places = ClientPlaces(for: "event streams", limit: 10, perClient: 2)
        var held = [try places.take(for: "a"), try places.take(for: "a")]
        #expect(
            try refusal(places, "a")
                == "2 event streams of this address are open already: close one, or poll")
        held.append(try places.take(for: "b"))
        held[0].giveBack()
        held[0].giveBack()
        held.append(try places.take(for: "a"))
        #expect(try refusal(places, "a").hasPrefix("2 event streams of this address"))
        #expect(held.count == 4)
    }

    @Test("all together have so many, and what is dropped is given back")
    func all() throws {
        let places = ClientPlaces(for: "streams", limit: 3, perClient: 3)
        var held = try ["a", "b", "c"].map { try places.take(for: $0) }
        #expect(
            try refusal(places, "d") == "3 streams are open already: close one, or poll")
        held.removeLast()
        held.append(try places.take(for: "d"))
        #expect(held.count == 3)
    }

    @Test("however places are taken and given back, the bounds hold", arguments: Sweep.seeds(20))
    func law(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let (limit, perClient) = (12, 5)
        let places = ClientPlaces(for: "streams", limit: limit, perClient: perClient)
        var held: [(client: String, place: ClientPlaces.Place)] = []
        for _ in 0..<500 {
            let client = String(Int.random(in: 0..<4, using: &generator))
            if Bool.random(using: &generator), !held.isEmpty {
                let index = Int.random(in: 0..<held.count, using: &generator)
                if Bool.random(using: &generator) { held[index].place.giveBack() }
                held.remove(at: index)
            } else {
                let mayHave =
                    held.count < limit && held.count { $0.client == client } < perClient
                let place = try? places.take(for: client)
                #expect((place != nil) == mayHave)
                if let place { held.append((client, place)) }
            }
        }
    }
}
