import Contracts
import Foundation
import Market
import Ports
import Regimes
import TestSupport
import Testing
import Trading

/// What the code says of one topic: the document must say the same.
struct TopicContract: Sendable, CustomTestStringConvertible {
    let topic: Topic
    /// Messages as the code makes them; between them they have every member and every header.
    let messages: @Sendable () throws -> [EventMessage]
    /// Reads a payload with the code's own decoder, and makes the message again.
    let rewritten: @Sendable ([UInt8]) throws -> EventMessage
    /// Members that have one value, which the code has a name for.
    var constants: [String: JSONValue] = [:]
    var headerConstants: [String: JSONValue] = ["content-type": "application/json"]

    var testDescription: String { topic.name }

    static let all = [
        regimeChange, orderFilled, marketBars, backfillJobs, backfillProgress, modelDisagreement,
    ]

    private static let regimeChange = TopicContract(
        topic: .regimeChange, messages: regimeChanges,
        rewritten: { try RegimeChangeEvent(payload: $0).message() },
        constants: [
            "source": .string(RegimeChangeEvent.source),
            "event_type": .string(RegimeChangeEvent.eventType),
            "schema_version": .number(Double(RegimeChangeEvent.schemaVersion)),
        ],
        headerConstants: [
            "content-type": "application/json", "ce-specversion": "1.0",
            "ce-type": .string(RegimeChangeEvent.cloudEventType),
            "ce-source": .string(RegimeChangeEvent.source),
        ])

    private static let modelDisagreement = TopicContract(
        topic: .modelDisagreement, messages: disagreements,
        rewritten: { try ModelDisagreementEvent(payload: $0).message() },
        constants: [
            "source": .string(ModelDisagreementEvent.source),
            "event_type": .string(ModelDisagreementEvent.eventType),
            "schema_version": .number(Double(ModelDisagreementEvent.schemaVersion)),
        ],
        headerConstants: [
            "content-type": "application/json", "ce-specversion": "1.0",
            "ce-type": .string(ModelDisagreementEvent.cloudEventType),
            "ce-source": .string(ModelDisagreementEvent.source),
        ])

    private static let orderFilled = TopicContract(
        topic: .orderFilled, messages: fills,
        rewritten: { try OrderFilledEvent(payload: $0).message() },
        constants: [
            "source": .string(OrderFilledEvent.source),
            "schema_version": .number(Double(OrderFilledEvent.schemaVersion)),
        ],
        headerConstants: [
            "content-type": "application/json", "ce-specversion": "1.0",
            "ce-type": .string(OrderFilledEvent.cloudEventType),
            "ce-source": .string(OrderFilledEvent.source),
        ])

    private static let marketBars = TopicContract(
        topic: .marketBars, messages: bars,
        rewritten: { try MarketBarEvent(payload: $0).message })

    private static let backfillJobs = TopicContract(
        topic: .backfillJobs, messages: jobs,
        rewritten: { try BackfillJobEvent(payload: $0).message },
        constants: ["schema_version": .number(Double(BackfillJobEvent.schemaVersion))])

    private static let backfillProgress = TopicContract(
        topic: .backfillProgress, messages: progress,
        rewritten: { try BackfillProgressEvent(payload: $0).message },
        constants: ["schema_version": .number(Double(BackfillProgressEvent.schemaVersion))])
}

// MARK: - Messages as the code makes them

extension TopicContract {
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Every label and every trigger, a first announcement and a restatement, one that is
    /// calibrated; one with a trace.
    @Sendable private static func regimeChanges() throws -> [EventMessage] {
        var messages = [RegimeChangeEvent(try Examples.change()).message(traceparent: trace)]
        for (index, regime) in Regime.allCases.enumerated() {
            var change = try Examples.change()
            change.regime = regime
            change.previousRegime = Regime.allCases.reversed()[index]
            messages.append(RegimeChangeEvent(change).message())
        }
        for trigger in Trigger.allCases {
            var change = try Examples.change()
            change.trigger = trigger
            messages.append(RegimeChangeEvent(change).message())
        }
        for supersedes in [nil, EventID("beef")] {
            var change = try Examples.change()
            change.announcement = Announcement(
                sequence: 1, previousEventID: nil, supersedes: supersedes)
            messages.append(RegimeChangeEvent(change).message())
        }
        var calibrated = try Examples.change()
        calibrated.calibratedConfidence = 0.9375
        messages.append(RegimeChangeEvent(calibrated).message())
        return messages
    }

    /// Every kind of report on both sides, with every regime and with none; one with a trace.
    @Sendable private static func fills() throws -> [EventMessage] {
        var messages: [EventMessage] = []
        for kind in FillKind.allCases {
            for side in Side.allCases {
                let reference = kind == .fill ? nil : "f-1"
                let fill = try Samples.fill("f-2", side: side, kind: kind, reference: reference)
                messages.append(message(fill, traceparent: trace))
            }
        }
        for regime in Regime.allCases {
            let known = KnownRegime(
                series: Samples.series, regime: regime, asOf: Samples.day(0))
            messages.append(message(try Samples.fill("f-1"), regime: known))
        }
        return messages
    }

    private static func message(
        _ fill: Fill, regime: KnownRegime? = nil, traceparent: String? = nil
    ) -> EventMessage {
        let recorded = RecordedFill(
            fill: fill, sequence: 1, eventID: FillWording.standard.eventID(fill), regime: regime)
        return OrderFilledEvent(recorded).message(traceparent: traceparent)
    }

    /// A bar with everything, one that was polled, and one with nothing but its time.
    @Sendable private static func bars() throws -> [EventMessage] {
        let full = try Examples.barEvent()
        let bare = Bar(timestamp: full.bar.timestamp, close: .nan)
        return [
            full.message,
            MarketBarEvent(series: full.series, bar: full.bar, trigger: .baseline).message,
            MarketBarEvent(series: full.series, bar: bare).message,
        ]
    }
}

extension TopicContract {
    /// A job with everything for each calendar, and one with nothing that may be left out.
    @Sendable private static func jobs() throws -> [EventMessage] {
        SessionCalendar.allCases.map { Examples.job(calendar: $0).message }
            + [Examples.leastJob().message]
    }

    /// Of every label, beginning and ceasing to disagree; one with a trace.
    @Sendable private static func disagreements() throws -> [EventMessage] {
        var traced = ModelDisagreementEvent(Samples.shadow(at: 0, .crisis)).message()
        traced.headers[TraceContext.header] = trace
        return [traced]
            + Regime.allCases.map { regime in
                ModelDisagreementEvent(Samples.shadow(at: 1, regime)).message()
            }
    }

    /// A job in every state.
    @Sendable private static func progress() throws -> [EventMessage] {
        BackfillProgressEvent.State.allCases.map { state in
            BackfillProgressEvent(
                of: Examples.leastJob(), state, worker: "w", asOf: Samples.day(0),
                error: state == .failed ? "no file" : nil
            ).message
        }
    }
}

// MARK: - What the sources spell out

/// Texts that the code gives to a type's initialiser, as `Topic("regime-change")`.
enum SpelledOut {
    /// What is interpolated reads as `…`.
    static func texts(givenTo type: String) throws -> Set<String> {
        let folder = AsyncAPIDocument.repository.appending(path: "Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        var texts: Set<String> = []
        for path in paths where path.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            for piece in source.split(separator: "\(type)(\"").dropFirst() {
                let text = piece.prefix { $0 != "\"" }
                texts.insert(String(text.replacing(#/\\\([^)]*\)/#, with: "…")))
            }
        }
        return texts
    }
}
