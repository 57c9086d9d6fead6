import Contracts
import TestSupport
import Testing

@testable import Gateway

@Suite("What is said on a WebSocket")
struct SocketMessageTests {
    @Test("a token is offered once, beside what is spoken here")
    func offers() throws {
        let nothing = try SocketOffer([], authorization: nil)
        #expect(nothing.selected == nil && nothing.authorization == nil)
        let plain = try SocketOffer(["chat", "bloasis.v1"], authorization: "Bearer a")
        #expect(plain.selected == "bloasis.v1" && plain.authorization == "Bearer a")
        let browser = try SocketOffer(["bloasis.v1", "bearer.a.b-c"], authorization: nil)
        #expect(browser.selected == "bloasis.v1" && browser.authorization == "Bearer a.b-c")
        for (offers, authorization) in [
            (["bearer.a"], nil), (["chat"], nil), (["bloasis.v1", "bearer.a", "bearer.b"], nil),
            (["bloasis.v1", "bearer.a"], "Bearer a"),
        ] as [([String], String?)] {
            let fault = #expect(throws: RPCFault.self) {
                try SocketOffer(offers, authorization: authorization)
            }
            #expect(fault?.code == .invalidArgument)
            #expect(fault?.message.contains("bearer.") == false, "it tells no token")
        }
    }

    @Test("who names nobody speaks of who listens")
    func speaker() throws {
        for (user, told) in [("", "ada"), (#","userId":"eve""#, "eve")] {
            let request = try SocketMessage.acknowledgement(
                Array(#"{"type":"acknowledge","data":{"notificationId":"7"\#(user)}}"#.utf8),
                by: "ada")
            #expect(request.notificationID == "7" && request.userID == told)
        }
    }

    @Test("whatever is said is an acknowledgement or a fault", arguments: Sweep.seeds(50))
    func noise(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var bytes = Array(#"{"type":"acknowledge","data":{"notificationId":"7"}}"#.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: bytes.indices, using: &generator)
            bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        }
        do {
            _ = try SocketMessage.acknowledgement(bytes, by: "ada")
        } catch {
            #expect(error.code == .invalidArgument)
        }
    }
}
