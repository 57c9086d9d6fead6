import Contracts
import SwiftProtobuf
import Synchronization
import Testing

@Suite("Answers that are told again")
struct AnsweredMessageTests {
    private struct Length: Sendable, Equatable {
        var bytes: Int
    }

    private struct Unmade: Error {}

    private let answered: AnsweredMessage = {
        var message = Bloasis_MarketRegime_RegimeResponse()
        message.regime = "crisis"
        return AnsweredMessage(message)
    }()

    @Test("each form is made once")
    func once() throws {
        let made = Mutex(0)
        for _ in 0..<3 {
            let length = try answered.form { message in
                made.withLock { $0 += 1 }
                let bytes: [UInt8] = try message.serializedBytes()
                return Length(bytes: bytes.count)
            }
            #expect(length == Length(bytes: 8))
        }
        #expect(made.withLock { $0 } == 1)
        let text = try answered.form { try WireJSON.text($0) }
        #expect(text == #"{"regime":"crisis"}"#)
    }

    @Test("one that could not be made is made when it is wanted again")
    func failure() throws {
        #expect(throws: Unmade.self) {
            _ = try answered.form { _ -> Length in throw Unmade() }
        }
        #expect(answered.form { _ in Length(bytes: 1) } == Length(bytes: 1))
    }
}
