import ArgumentParser
import Market

/// Whether and how a backfill is shared between workers.
struct DistributionOptions: ParsableArguments {
    @Flag(
        help: """
            Put the markets as jobs for workers (bloasis serve backfill-worker) on the brokers' \
            topic, and follow them. Workers find the files under the same paths.
            """)
    var distribute = false

    @Option(
        help: ArgumentHelp(
            "With --distribute: give up when no job gets any further for so long; 10m when left "
                + "out.", valueName: "TIME"))
    var silenceLimit: Timeframe?

    var silence: Duration { silenceLimit.map { .nanoseconds($0.nanoseconds) } ?? .seconds(600) }

    func validate(_ command: BackfillCommand) throws {
        guard distribute else { return }
        if command.dryRun {
            throw ValidationError("--dry-run asks no worker; leave --distribute out")
        }
        if command.threads != nil {
            throw ValidationError(
                "--threads is each worker's own with --distribute: set BACKFILL_WORKER_JOBS there")
        }
        if !command.exogenousOptions.exogenous.isEmpty {
            throw ValidationError(
                "--exogenous is not among what jobs carry; leave --distribute out")
        }
    }
}
