import Foundation

/// A small file system of its own, for the faults that only a real one shows: no space left, and
/// read-only for everybody, the superuser included. Needs the right to mount.
final class SmallDisk: Sendable {
    let directory: String

    static let canMount: Bool = (try? SmallDisk(kilobytes: 64)) != nil

    init(kilobytes: Int) throws {
        let name = "bloasis-disk-" + UUID().uuidString
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        do {
            try SmallDisk.run([
                "mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", directory,
            ])
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    deinit {
        try? SmallDisk.run(["umount", "-l", directory])
        try? FileManager.default.removeItem(atPath: directory)
    }

    func remount(_ options: String) throws {
        try SmallDisk.run(["mount", "-o", "remount," + options, directory])
    }

    private struct Refused: Error {}

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused() }
    }
}
