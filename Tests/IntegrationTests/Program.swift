import Foundation
import Synchronization
import Testing

/// The built program, run as a user runs it.
struct Program: Sendable {
    /// The home of the store and, with it, of everything the program writes.
    let home: String
    var environment: [String: String] = [:]
    /// A program that starts this one in its own place.
    var launcher: String?

    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Where the build puts executables: beside the test bundle.
    static let executable: URL = {
        let runner = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
            .resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appendingPathComponent("bloasis")
    }()

    /// A fresh home, removed by `remove()`.
    static func fresh() throws -> Program {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent(
                "bloasis-\(getpid())-\(counter.add(1, ordering: .relaxed).newValue)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return Program(home: folder.path)
    }

    /// A fresh home that knows the first 800 days of the SPX fixture.
    ///
    /// - Parameter options: further ones of `backfill`.
    static func backfilled(_ options: String...) async throws -> Program {
        let program = try fresh()
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(800)
        let csv = try program.file("start.csv", lines.joined(separator: "\n") + "\n")
        let arguments = ["backfill", "--csv", csv, "--market", "SPX"] + options
        #expect(try await program.run(arguments).status == 0)
        return program
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: home)
    }

    func file(_ name: String, _ text: String) throws -> String {
        let path = home + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = launcher.map { URL(filePath: $0) } ?? Program.executable
        process.arguments = (launcher == nil ? [] : [Program.executable.path()]) + arguments
        // The tests' own working directory may hold a `.env`.
        process.currentDirectoryURL = URL(fileURLWithPath: home)
        var variables = ProcessInfo.processInfo.environment
        variables["BLOASIS_HOME"] = home + "/store"
        variables.merge(environment) { $1 }
        process.environment = variables
        return process
    }

    /// Runs to the end.
    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Outcome {
        try await Program.finish(process(arguments))
    }

    /// The same with something on standard input.
    func run(_ arguments: [String], input: String) async throws -> Outcome {
        try await Program.finish(process(arguments), input: input)
    }

    static func finish(_ process: Process, input: String? = nil) async throws -> Outcome {
        let running = try Running(process, input: input)
        return await running.outcome()
    }
}

/// A started process with both its outputs being read.
final class Running: Sendable {
    private let process: UncheckedProcess
    let output = Collector()
    let errors = Collector()

    private struct UncheckedProcess: @unchecked Sendable {
        let value: Process
    }

    /// - Parameter input: shorter than a pipe holds.
    init(_ process: Process, input: String? = nil) throws {
        let outputPipe = Pipe()
        let errorPipe = Pipe()
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        let inputPipe = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : inputPipe
        try process.run()
        if let input { inputPipe.fileHandleForWriting.write(Data(input.utf8)) }
        try inputPipe.fileHandleForWriting.close()
        self.process = UncheckedProcess(value: process)
        output.collect(outputPipe)
        errors.collect(errorPipe)
    }

    var processIdentifier: Int32 { process.value.processIdentifier }

    func signal(_ number: Int32) { kill(processIdentifier, number) }

    func outcome() async -> Program.Outcome {
        let (output, errors) = await (output.whole(), errors.whole())
        process.value.waitUntilExit()
        return Program.Outcome(
            status: process.value.terminationReason == .exit
                ? process.value.terminationStatus : 128 + process.value.terminationStatus,
            output: output, errors: errors)
    }
}

/// What a process has written to a pipe so far; lets tests wait for a text instead of for time.
final class Collector: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiting: [(text: String?, continuation: CheckedContinuation<Bool, Never>)] = []

        func holds(_ text: String?) -> Bool {
            guard let text else { return hasEnded }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        }
    }

    private let state = Mutex(State())

    /// Reads on a thread of its own: the cooperative pool must not block.
    func collect(_ pipe: Pipe) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = handle.availableData
                self.take(data)
                if data.isEmpty { return }
            }
        }
    }

    private func take(_ data: Data) {
        let ready = state.withLock { state in
            state.bytes += data
            state.hasEnded = data.isEmpty
            var ready: [(Bool, CheckedContinuation<Bool, Never>)] = []
            var waiting = state.waiting
            waiting.removeAll { waiter in
                let found = state.holds(waiter.text)
                guard found || state.hasEnded else { return false }
                ready.append((found, waiter.continuation))
                return true
            }
            state.waiting = waiting
            return ready
        }
        for (found, continuation) in ready { continuation.resume(returning: found) }
    }

    /// Waits until a text was written; `false` when the process ended without it.
    @discardableResult
    func wait(for text: String?) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.holds(text) { return true }
                if state.hasEnded { return false }
                state.waiting.append((text, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Everything, once the process closed its end.
    func whole() async -> String {
        await wait(for: nil)
        return state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    }
}

/// Numbers for names that must not collide within this process.
private let counter = Atomic(0)

enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    static let spx = folder + "/spx_daily_1999_2018.csv"
    static let equities = folder + "/us_equities_20_close_1990_2022.csv.gz"

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }
}
