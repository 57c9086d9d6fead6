import HTTPTypes
import NIOCore
import NIOHTTPTypes
import TestSupport
import Testing

@testable import HTTPServing

@Suite("The end of a connection")
struct ConnectionEndTests {
    private static func request(connection: String? = nil) -> HTTPRequest {
        var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/health")
        head.headerFields[.connection] = connection
        return head
    }

    private static let answer = HTTPResponse(status: .ok)

    /// The value under test, where an expectation may change it.
    private final class Connection {
        private var end = ConnectionEnd()

        func takes(_ part: HTTPRequestPart) -> Bool { end.takes(part) }
        func answerBegins(_ head: HTTPResponse = answer) -> Bool { end.answerBegins(head) }
        func answerEnds() -> ConnectionEnd.Step { end.answerEnds() }
        func shutDown() -> ConnectionEnd.Step { end.shutDown() }
        func graceEnds() -> ConnectionEnd.Step { end.graceEnds() }
        func taken(_ part: HTTPRequestPart) -> ConnectionEnd.Step { end.taken(part) }
        var invites: Bool { end.invites }
        func bodyIsLate() -> Bool { end.bodyIsLate() }

        /// A request that comes whole at once; whether it is answered.
        func asks(_ head: HTTPRequest = request()) -> Bool {
            let isTaken = takes(.head(head))
            #expect(takes(.end(nil)) == isTaken)
            return isTaken
        }

        /// Whether the answer says that it is the last one, and what follows it.
        func answers() -> (isLast: Bool, next: ConnectionEnd.Step) {
            let isLast = answerBegins()
            return (isLast, answerEnds())
        }
    }

    @Test("stays open from request to request")
    func keepAlive() {
        let end = Connection()
        for _ in 0..<3 {
            #expect(end.asks())
            #expect(end.answers() == (false, .stay))
        }
        #expect(end.graceEnds() == .close)
    }

    @Test(
        "a client that says so has its last answer",
        arguments: [
            ("close", true), ("Close", true), ("keep-alive, close", true), ("keep-alive", false),
            ("closed", false), ("", false),
        ])
    func askedFor(connection: String, isLast: Bool) {
        let end = Connection()
        #expect(end.asks(Self.request(connection: connection)))
        #expect(end.asks() == !isLast, "what follows is not answered")
        if !isLast { #expect(end.answers() == (false, .stay)) }
        #expect(end.answers() == (isLast, isLast ? .close : .stay))
    }

    @Test("a shutdown waits for the answer under way, which says that it is the last")
    func shutdownWhileAnswering() {
        let end = Connection()
        #expect(end.asks())
        #expect(end.shutDown() == .stay)
        #expect(end.graceEnds() == .stay)
        #expect(end.answers() == (true, .close))
        #expect(!end.asks())
    }

    @Test("a request that comes just after the shutdown is answered")
    func requestInGrace() {
        let end = Connection()
        #expect(end.shutDown() == .awaitRequest)
        #expect(end.asks())
        #expect(end.graceEnds() == .stay)
        #expect(end.answers() == (true, .close))
        #expect(end.graceEnds() == .stay, "over once")
    }

    @Test("without a request the grace ends the connection")
    func graceEnds() {
        let end = Connection()
        #expect(end.shutDown() == .awaitRequest)
        #expect(end.graceEnds() == .close)
        #expect(!end.asks())
    }

    @Test("an answer that began before the shutdown leaves a grace after it")
    func shutdownWithinAnAnswer() {
        let end = Connection()
        #expect(end.asks())
        #expect(!end.answerBegins())
        #expect(end.shutDown() == .stay)
        #expect(end.answerEnds() == .awaitRequest)
        #expect(end.asks())
        #expect(end.answers() == (true, .close))
    }

    @Test("requests that came before the shutdown are all answered, the last one says so")
    func pipelined() {
        let end = Connection()
        for _ in 0..<3 { #expect(end.asks()) }
        #expect(end.shutDown() == .stay)
        #expect(end.answers() == (false, .stay))
        #expect(end.answers() == (false, .stay))
        #expect(end.answers() == (true, .close))
    }

    @Test("an answer before the whole of its request is the last, and drops the rest")
    func earlyAnswer() {
        let end = Connection()
        #expect(end.takes(.head(Self.request())))
        #expect(end.takes(.body(.init(string: "a"))))
        #expect(end.answerBegins())
        #expect(end.takes(.body(.init(string: "b"))), "who answers may still read")
        #expect(end.answerEnds() == .close)
        #expect(!end.takes(.body(.init(string: "c"))))
        #expect(!end.takes(.end(nil)))
        #expect(!end.asks())
    }

    @Test("in a shutdown a body has its time, whether it began before or after")
    func lateBody() {
        let before = Connection()
        #expect(before.takes(.head(Self.request())))
        #expect(before.taken(.head(Self.request())) == .stay, "no shutdown, no haste")
        #expect(before.shutDown() == .awaitBody)
        #expect(before.bodyIsLate())
        #expect(before.answers() == (true, .close))
        #expect(!before.bodyIsLate(), "who is answered is late for nothing")
        #expect(before.shutDown() == .stay)

        let after = Connection()
        #expect(after.shutDown() == .awaitRequest)
        #expect(after.shutDown() == .awaitRequest, "who is told twice waits as long")
        #expect(after.takes(.head(Self.request())))
        #expect(after.taken(.head(Self.request())) == .awaitBody)
        #expect(after.takes(.body(.init(string: "a"))))
        #expect(after.taken(.body(.init(string: "a"))) == .stay, "a drop wins no time")
        #expect(after.takes(.end(nil)))
        #expect(!after.bodyIsLate())
        #expect(after.answers() == (true, .close))
    }

    @Test("an informational answer is none")
    func informational() {
        let end = Connection()
        #expect(end.takes(.head(Self.request())))
        #expect(!end.answerBegins(HTTPResponse(status: .continue)))
        #expect(end.invites, "and may come again")
        #expect(end.takes(.end(nil)))
        #expect(end.answers() == (false, .stay))
    }

    @Test("a body is asked for while it comes and nothing is answered")
    func invitation() {
        let end = Connection()
        #expect(!end.invites)
        #expect(end.takes(.head(Self.request())))
        #expect(end.invites)
        #expect(end.takes(.end(nil)))
        #expect(!end.invites, "it is here")
        #expect(end.takes(.head(Self.request())))
        #expect(!end.invites, "the one before it has no answer")
        #expect(end.answers() == (false, .stay))
        #expect(end.invites)
        #expect(end.answerBegins())
        #expect(!end.invites, "the answer has begun")
        #expect(end.answerEnds() == .close)
        #expect(!end.invites)
    }

    @Test("what cannot be read is answered without a request, and ends the connection")
    func unreadable() {
        let end = Connection()
        var refusal = HTTPResponse(status: .badRequest)
        refusal.headerFields[.connection] = "close"
        #expect(end.answerBegins(refusal))
        #expect(end.answerEnds() == .close)
    }

    @Test("whatever comes in whatever order: taken is answered, the last word is said once")
    func anyOrder() {
        var generator = SplitMix64(seed: 20_261_122)
        for _ in 0..<2_000 {
            let end = Connection()
            var (taken, answered, lastWords) = (0, 0, 0)
            var isOver = false
            for _ in 0..<24 {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: _ = end.shutDown()
                case 1: isOver = end.graceEnds() == .close || isOver
                case 2...4:
                    let isTaken = end.asks()
                    #expect(!isTaken || (!isOver && lastWords == 0))
                    if isTaken { taken += 1 }
                default:
                    guard answered < taken else { continue }
                    let (isLast, step) = end.answers()
                    answered += 1
                    if isLast { lastWords += 1 }
                    #expect(isLast == (step == .close))
                    #expect(!isLast || answered == taken)
                    isOver = isOver || step == .close
                }
                #expect(!isOver || answered == taken, "over with an answer owed")
            }
            #expect(lastWords <= 1)
        }
    }
}
