import Contracts
import Market
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Jobs and their progress as JSON")
struct BackfillEventTests {
    @Test("a job reads back the same, and its id tells everything that it holds")
    func jobs() throws {
        for job in [Examples.job(), Examples.leastJob()] {
            #expect(try BackfillJobEvent(payload: job.message.payload) == job)
            #expect(job.message.key == "AAPL")
        }
        let job = Examples.job()
        var others: [BackfillJobEvent] = []
        func other(_ change: (inout BackfillJobEvent) -> Void) {
            var other = job
            change(&other)
            others.append(other)
        }
        other { $0.universe = "x" }
        other { $0.series = Samples.series("MSFT") }
        other { $0.calendar = .none }
        other { $0.source.path = "x" }
        other { $0.source.sha256 = "00" }
        other { $0.source.bytes = 1 }
        other { $0.reading.price = "close" }
        other { $0.reading.stamp = "close" }
        other { $0.reading.timeZone = nil }
        other { $0.reading.onBadRow = "fail" }
        other { $0.reading.onSplit = "refuse" }
        other { $0.reading.column = nil }
        other { $0.range = Samples.day(0)..<Samples.day(8) }
        other { $0.emitting = false }
        other { $0.specification = "{}" }
        other { $0.model = nil }
        #expect(Set(others.map(\.id) + [job.id]).count == others.count + 1)
    }

    @Test("the ends of all time survive")
    func wholeRange() throws {
        var job = Examples.job()
        job.range = Timestamp.earliest..<Timestamp.latest
        #expect(try BackfillJobEvent(payload: job.message.payload) == job)
    }

    @Test(
        "a job that was changed, or is of another version, is none",
        arguments: [
            (#""emit":true"#, #""emit":"yes""#, "emit"),
            (#""emit":true"#, #""emit":false"#, "job_id"),
            (#""schema_version":1"#, #""schema_version":2"#, "schema_version"),
            (#""calendar":"nyse""#, #""calendar":"moon""#, "calendar"),
            (#""size_bytes":7340032"#, #""size_bytes":-1"#, "size_bytes"),
            (#""from":"2000-01-03T21:00:00Z""#, #""from":null"#, "from"),
            (#""from":"2000-01-03T21:00:00Z""#, #""from":"2001-01-03T21:00:00Z""#, "to"),
        ])
    func brokenJobs(part: String, replacement: String, field: String) throws {
        let json = Examples.job().json
        let broken = json.replacing(part, with: replacement, maxReplacements: 1)
        #expect(broken != json)
        do {
            _ = try BackfillJobEvent(payload: Array(broken.utf8))
            Issue.record("it was read")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test("progress reads back the same; a long error is cut")
    func progress() throws {
        var work = BackfillWork()
        (work.bars, work.changes, work.newBars) = (5, 4, 3)
        (work.revisedBars, work.newAssessments) = (2, 7)
        (work.restatedAssessments, work.announced) = (8, 9)
        for state in BackfillProgressEvent.State.allCases {
            let event = BackfillProgressEvent(
                of: Examples.job(), state, worker: "w-1", work: work, asOf: Samples.day(3),
                error: String(repeating: "x", count: 2_000))
            #expect(event.error?.count == BackfillProgressEvent.errorLimit)
            #expect(try BackfillProgressEvent(payload: event.message.payload) == event)
            #expect(event.message.key == "AAPL")
            #expect(event.jobID == Examples.job().id)
        }
    }
}
