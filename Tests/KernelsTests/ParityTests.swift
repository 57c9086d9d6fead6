import Foundation
import Kernels
import Testing

/// hmmlearn's answers, see `Benchmarks/peers/hmm_parity.py`: of a tile, by every set of kernels.
@Suite("Parity of the tile kernels with hmmlearn")
struct ParityTests {
    struct Peer: Decodable {
        struct Case: Decodable {
            let features: [String]
            let start: [Double]
            let transition: [[Double]]
            let means: [[Double]]
            let logLikelihood: Double
            let posteriors: [String: [Double]]
            let path: [[Int]]
        }

        let cases: [Case]
    }

    /// Variances of the one-feature cases, which the script holds.
    static let variances: [[Double]] = [[5.5e-5, 3.9e-4], [3.1e-5, 1.5e-4, 9.0e-4]]

    private var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    private func returns() throws -> [Double] {
        let url = root.appending(path: "Fixtures/spx_daily_1999_2018.csv")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let column = try #require(lines[0].split(separator: ",").firstIndex(of: "close"))
        let closes = lines.dropFirst().compactMap { Double($0.split(separator: ",")[column]) }
        return zip(closes, closes.dropFirst()).map { log($1 / $0) }
    }

    @Test(arguments: [0, 1])
    func tilesAgree(number: Int) throws {
        let url = root.appending(path: "Fixtures/golden/hmm_parity.json")
        let peer = try JSONDecoder().decode(Peer.self, from: Data(contentsOf: url)).cases[number]
        let chain = HiddenMarkovChain(
            start: peer.start, transition: peer.transition.flatMap { $0 },
            means: peer.means.flatMap { $0 }, covariances: Self.variances[number], featureCount: 1)
        let series = ChainSeries(values: try returns(), featureCount: 1)
        let states = peer.start.count
        var path = [Int](repeating: 0, count: series.barCount)
        for run in peer.path { for bar in run[0]..<series.barCount { path[bar] = run[1] } }
        var batch = ChainBatch((0..<9).map { _ in ChainJob(chain: chain, series: series) })
        for set in KernelSet.available {
            batch.kernels = set
            let reached = batch.logLikelihoods()[8]
            #expect((reached - peer.logLikelihood).magnitude < 1e-9 * peer.logLikelihood)
            let smoothed = batch.smoothed()[4]
            for (bar, expected) in peer.posteriors {
                let first = try #require(Int(bar)) * states
                for (mine, theirs) in zip(smoothed[first..<(first + states)], expected) {
                    #expect((mine - theirs).magnitude < 1e-9, "\(set.name), bar \(bar)")
                }
            }
            #expect(batch.mostProbablePaths()[3].map(Int.init) == path, "\(set.name)")
        }
    }
}
