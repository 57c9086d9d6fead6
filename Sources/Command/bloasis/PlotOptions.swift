import ArgumentParser
import Foundation
import Market
import Reporting

/// A drawing of what a verb lists.
struct PlotOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Draw it there, in place of the list: .svg, or .png where rsvg-convert is installed.",
            valueName: "FILE.svg|FILE.png"), completion: .file(extensions: ["svg", "png"]))
    var plot: String?

    func validate() throws {
        guard let plot, PlotFile.Kind(path: plot) == nil else { return }
        throw ValidationError("--plot \(plot): name a file that ends with .svg or .png")
    }

    /// Draws, and says what was written.
    func write(_ series: Series, _ points: [HistoryPoint]) throws {
        guard let plot, let kind = PlotFile.Kind(path: plot) else { return }
        try PlotFile.write(HistoryPlot(series, points).svg, to: plot, as: kind)
        StandardError.note(
            "wrote \(plot): \(Format.count(points.count)) bars of \(series)")
    }
}

/// A drawing in a file.
enum PlotFile {
    enum Kind: String {
        case svg, png

        init?(path: String) {
            self.init(rawValue: URL(fileURLWithPath: path).pathExtension.lowercased())
        }
    }

    /// Dots of a PNG for each of the drawing.
    private static let zoom = 2
    private static let converter = "rsvg-convert"

    /// Writes at once, or not at all.
    static func write(_ svg: String, to path: String, as kind: Kind) throws {
        switch kind {
        case .svg: try TextFile.write(svg, to: path, for: "--plot")
        case .png: try TextFile.write(try png(svg, path), to: path, for: "--plot")
        }
    }

    private static func png(_ svg: String, _ path: String) throws -> Data {
        guard let program = located(converter) else {
            throw CommandFailure(
                .unavailable,
                "--plot \(path): PNG is made by \(converter), which is not installed: apt-get "
                    + "install librsvg2-bin, or name a file that ends with .svg")
        }
        let process = Process()
        process.executableURL = program
        // A file, not a pipe: one whose reader goes away would end this program without a word.
        let drawing = FileManager.default.temporaryDirectory
            .appendingPathComponent("bloasis-\(UUID().uuidString).svg")
        defer { try? FileManager.default.removeItem(at: drawing) }
        process.arguments = ["--format", "png", "--zoom", "\(zoom)", drawing.path]
        let output = Pipe()
        process.standardOutput = output
        do {
            try Data(svg.utf8).write(to: drawing)
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            guard process.terminationStatus == 0, !data.isEmpty else {
                throw CommandFailure(
                    .failed,
                    "--plot \(path): \(program.path) ended with \(process.terminationStatus): "
                        + "name a file that ends with .svg")
            }
            return data
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                .failed, "--plot \(path): \(program.path) cannot be used: \(error)")
        }
    }

    /// Where the shell would find a program.
    static func located(_ program: String) -> URL? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").lazy
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent(program) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}
