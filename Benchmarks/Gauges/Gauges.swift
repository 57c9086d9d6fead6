import Benchmark
import Work

/// How long the kernels take, spread over many runs; for reading, never for passing or failing:
/// what must not grow is counted by `Benchmarks/counts.py`.
let benchmarks: @Sendable () -> Void = {
    let samples = Samples.synthetic(markets: 8, returnCount: 2000)
    let bars = samples.markets * samples.returnCount
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .peakMemoryResident], timeUnits: .microseconds,
        warmupIterations: 3, maxDuration: .seconds(1), maxIterations: 1000)

    for (name, kind) in Catalogue.workloads {
        Benchmark("\(name), \(bars) bars of \(samples.markets) markets") { benchmark in
            var work = kind.init(samples, markets: 0..<samples.markets)
            benchmark.startMeasurement()
            work.run()
            benchmark.stopMeasurement()
            blackHole(work.result().count)
        }
    }
    for (name, kind) in Catalogue.live {
        Benchmark("\(name), \(samples.returnCount) bars one by one") { benchmark in
            var work = kind.init(samples)
            let bars = work.barCount
            benchmark.startMeasurement()
            work.run(bars: bars)
            benchmark.stopMeasurement()
            blackHole(work)
        }
    }
    for (name, work) in WholeWork.all {
        Benchmark(name) { benchmark in
            let prepared = try work()
            benchmark.startMeasurement()
            blackHole(try prepared())
            benchmark.stopMeasurement()
        }
    }
}
