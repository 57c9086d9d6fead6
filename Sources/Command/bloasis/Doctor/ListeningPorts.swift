import Foundation

/// TCP ports that something listens on, on this machine.
enum ListeningPorts {
    private static let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
    /// What the kernel calls the state of a listening socket.
    private static let listening = "0A"

    /// `nil` where the system does not tell.
    static func read() -> Set<Int>? {
        let texts = tables.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        guard !texts.isEmpty else { return nil }
        return Set(texts.flatMap(ports))
    }

    /// Of a table of the kernel's: `sl local_address rem_address st …`, addresses and ports in
    /// hexadecimal.
    private static func ports(_ table: String) -> [Int] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: " ")
            guard cells.count > 3, cells[3] == listening,
                let port = cells[1].split(separator: ":").last
            else { return nil }
            return Int(port, radix: 16)
        }
    }
}
