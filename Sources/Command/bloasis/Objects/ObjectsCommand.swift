import ArgumentParser
import Foundation
import Ports

struct ObjectsCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "objects",
        abstract: "Keeps models and reports in a bucket of S3, or in a folder.",
        discussion: """
            S3_BUCKET names a bucket of Amazon's or, with S3_ENDPOINT, of a server that
            speaks as it does; without one objects are files of $BLOASIS_HOME/objects. A
            key is segments with / between them: models/spx.json. put and get take - for
            standard input and output. link prints an address under which anybody may
            read the object for an hour, or for --seconds; a folder has none.

            EXAMPLES
              bloasis objects put model.json models/spx.json
              bloasis objects get models/spx.json --out model.json
              bloasis objects link models/spx.json --seconds 600
              bloasis objects delete models/spx.json
            """)

    enum Action: String, CaseIterable, ExpressibleByArgument {
        case put, get, link, delete
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "What is to be done.")
    var action: Action

    @Argument(
        help: ArgumentHelp("For put the file, then the key; else the key.", valueName: "name"),
        completion: .file())
    var names: [String]

    @Option(help: "Where get writes the object; standard output when left out.")
    var out: String?

    private static let lifetime = ObjectLimits.linkLifetime.components.seconds

    @Option(help: "For how long a link is good; \(ObjectsCommand.lifetime) when left out.")
    var seconds: Int?

    func validate() throws {
        let wanted = action == .put ? 2 : 1
        guard names.count == wanted else {
            throw ValidationError(
                action == .put ? "put what: objects put FILE KEY" : "objects \(action) KEY")
        }
        if out != nil, action != .get { throw ValidationError("--out is for get: leave it out") }
        if seconds != nil, action != .link {
            throw ValidationError("--seconds is for link: leave it out")
        }
        let longest = ObjectLimits.longestLink.components.seconds
        guard (1...longest).contains(Int64(seconds ?? 1)) else {
            throw ValidationError("--seconds must be 1 … \(longest)")
        }
        _ = try key
    }

    private var key: ObjectKey {
        get throws { try ObjectKey(argument: names[names.count - 1]) }
    }

    func run() async throws {
        let key = try key
        try await KeptObjects.with(try common.configuration()) { objects in
            switch action {
            case .put:
                try await objects.put(try WholeFile.read(names[0]), to: key)
                StandardError.note("put \(key) into \(objects.location)")
            case .get:
                let bytes = try await objects.get(key)
                if let out, out != "-" {
                    try TextFile.write(Data(bytes), to: out, for: "--out")
                } else {
                    StandardOutput.write(bytes)
                }
            case .link:
                let lifetime = seconds.map { .seconds($0) } ?? ObjectLimits.linkLifetime
                StandardOutput.line(try objects.link(to: key, for: lifetime))
            case .delete: try await objects.delete(key)
            }
        }
    }
}

extension ObjectKey {
    /// - Throws: `ValidationError` for what is no key.
    init(argument: String) throws {
        guard let key = ObjectKey(argument) else {
            throw ValidationError(
                "'\(argument)' is no key: use segments of letters, digits and ._-=+@$ with / "
                    + "between them, such as models/spx.json")
        }
        self = key
    }
}

/// A file, as far as an object may be large.
enum WholeFile {
    static func read(_ path: String) throws -> [UInt8] {
        do {
            let file =
                path == "-"
                ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            let content = try file.read(upToCount: ObjectLimits.bytes + 1) ?? Data()
            guard content.count <= ObjectLimits.bytes else {
                throw CommandFailure(
                    .failed, "\(path): an object has at most \(ObjectLimits.bytes) bytes")
            }
            return Array(content)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                .failed, "\(path): cannot be read: \(error.localizedDescription)")
        }
    }
}
