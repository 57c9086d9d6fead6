import Foundation
import Ports

/// What a config-service is shown that asks for tokens. Interpolation, logging and dumping do not
/// show it.
package struct RegistryToken: Sendable {
    private enum Source {
        case text(String)
        case file(path: String)
    }

    private let source: Source

    package init(_ token: String) {
        source = .text(token)
    }

    /// - Parameter path: of a file that holds the token alone; it is read anew for each call, so
    ///   that one that ends is renewed without a restart.
    package init(file path: String) {
        source = .file(path: path)
    }

    /// The value of an `Authorization` header.
    ///
    /// - Throws: `RegistryError.unusableToken`, which repeats nothing of the token.
    func authorization() throws(RegistryError) -> String {
        switch source {
        case .text(let token): try RegistryToken.header(token[...], from: "it")
        case .file(let path): try RegistryToken.header(inFile: path)
        }
    }

    private static func header(inFile path: String) throws(RegistryError) -> String {
        let content: Data
        do {
            let file = URL(filePath: path).resolvingSymlinksInPath().path
            let facts = try FileManager.default.attributesOfItem(atPath: file)
            // Reading a pipe would wait for whoever writes it.
            guard facts[.type] as? FileAttributeType == .typeRegular else {
                throw RegistryError.unusableToken(reason: "\(path) is no file: put the token there")
            }
            guard facts[.size] as? Int ?? 0 <= bytesLimit else {
                throw RegistryError.unusableToken(
                    reason: "\(path) has more than \(bytesLimit) bytes: put the token there alone")
            }
            content = try Data(contentsOf: URL(filePath: file))
        } catch let error as RegistryError {
            throw error
        } catch {
            throw .unusableToken(reason: "\(path) cannot be read: put the token there")
        }
        let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return try header(words.count == 1 ? words[0] : "", from: path)
    }

    private static func header(
        _ token: Substring, from place: String
    ) throws(RegistryError) -> String {
        guard (1...TokenLimits.tokenBytes).contains(token.utf8.count),
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .unusableToken(
                reason: "\(place) is not one token of visible ASCII characters: get a new one")
        }
        return "Bearer \(token)"
    }

    /// With white space around the token.
    private static let bytesLimit = TokenLimits.tokenBytes + 64
}

extension RegistryToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
