import FoundationEssentials

/// A file of keys, read again when it is another one than before.
struct KeyFile: Sendable {
    /// Tells whether a file was replaced or written.
    struct Stamp: Sendable, Equatable {
        /// What links lead to: keys that are mounted are changed by pointing a link elsewhere.
        let target: String
        let modified: Date?
        let bytes: Int?
        let number: Int?
    }

    let path: String

    /// - Returns: `nil` when the file is the same as before.
    func read(unless known: Stamp?) throws(KeySourceError) -> (document: [UInt8], stamp: Stamp)? {
        do {
            let file = URL(filePath: path).resolvingSymlinksInPath()
            let stamp = try stamp(of: file)
            if stamp == known { return nil }
            guard stamp.bytes ?? 0 <= KeySetDocument.bytesLimit else {
                throw error("\(stamp.bytes ?? 0) bytes: \(KeySetDocument.bytesLimit) at the most")
            }
            return (Array(try Data(contentsOf: file)), stamp)
        } catch let error as KeySourceError {
            throw error
        } catch let error as CocoaError where error.isAbsence {
            throw self.error("there is no such file: put a JSON Web Key Set there")
        } catch {
            throw self.error("the file cannot be read: let this user read it")
        }
    }

    private func stamp(of file: URL) throws -> Stamp {
        let facts = try FileManager.default.attributesOfItem(atPath: file.path)
        // Reading a pipe would wait for whoever writes it.
        guard facts[.type] as? FileAttributeType == .typeRegular else {
            throw error("this is no file: put a JSON Web Key Set into one")
        }
        return Stamp(
            target: file.path, modified: facts[.modificationDate] as? Date,
            bytes: facts[.size] as? Int, number: facts[.systemFileNumber] as? Int)
    }

    private func error(_ problem: String) -> KeySourceError {
        KeySourceError(location: path, problem: problem)
    }
}

extension CocoaError {
    fileprivate var isAbsence: Bool { code == .fileNoSuchFile || code == .fileReadNoSuchFile }
}
