import Foundation

/// The libraries of our two doors with nothing around them, for `gateway.py` to set us against.
/// Each gives every request the same bytes, on a loopback port, until it is ended.
///
/// | words | what it is |
/// |---|---|
/// | `hello PORT FILE` | Hummingbird with one route, which answers what the file holds |
/// | `echo PORT FILE` | grpc-swift with one unary method, which answers the message in the file |
///
/// Prints `listening` once it does. The route and the method have the names of ours, so that the
/// requests are the same bytes too.
@main
struct Main {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count == 3, let port = Int(words[1]) else {
            throw Refusal(reason: "usage: bloasis-doors hello|echo PORT FILE")
        }
        let answer = try Array(Data(contentsOf: URL(filePath: words[2])))
        switch words[0] {
        case "hello": try await Hello(port: port, answer: answer).run()
        case "echo": try await Echo(port: port, answer: answer).run()
        default: throw Refusal(reason: "no such door: \(words[0])")
        }
    }

    static func tellListening() {
        try? FileHandle.standardOutput.write(contentsOf: Data("listening\n".utf8))
    }
}

struct Refusal: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}
