import Market
import RegimeModels
import Testing

@Suite("Which specification answers when")
struct SpecificationTimelineTests {
    private let hmm = RegimeSpecification.standard
    private let jump = RegimeSpecification.standard(.jump)
    private let rules = RegimeSpecification.standard(.rules)

    private func at(_ nanoseconds: Int64) -> Timestamp { Timestamp(nanoseconds: nanoseconds) }

    @Test("a series that nothing was promoted for is written as before")
    func single() throws {
        let timeline = SpecificationTimeline(hmm)
        #expect(timeline.canonicalJSON == hmm.canonicalJSON)
        #expect(try SpecificationTimeline(canonicalJSON: hmm.canonicalJSON) == timeline)
        #expect(timeline.previous == nil && timeline.current == hmm)
    }

    @Test("eras are read as they were written, and the text is one")
    func roundTrip() throws {
        let timeline = SpecificationTimeline(hmm).promoting(jump, after: at(10))
            .promoting(rules, after: at(20)).promoting(hmm, after: at(30))
        let read = try SpecificationTimeline(canonicalJSON: timeline.canonicalJSON)
        #expect(read == timeline && read.canonicalJSON == timeline.canonicalJSON)
        #expect(timeline.eras.map(\.after) == [nil, at(10), at(20), at(30)])
        #expect(timeline.specifications == [hmm, jump, rules] && timeline.previous == rules)
        #expect(timeline.eras.lastIndex { $0.contains(at(20)) } == 1)
        #expect(timeline.eras.lastIndex { $0.contains(at(21)) } == 2)
    }

    @Test("an era that has answered nothing gives way, and leaves no trace")
    func givesWay() {
        let once = SpecificationTimeline(hmm).promoting(jump, after: at(10))
        #expect(once.promoting(rules, after: at(10)).eras.map(\.specification) == [hmm, rules])
        #expect(once.promoting(hmm, after: at(10)) == SpecificationTimeline(hmm))
        #expect(once.promoting(jump, after: at(20)) == once)
    }

    @Test("what runs beside is written with it, one at a time")
    func shadows() throws {
        let begun = SpecificationTimeline(hmm).shadowing(jump, after: at(10))
        #expect(begun.current == hmm && begun.shadow?.specification == jump)
        let replaced = begun.shadowing(rules, after: at(20))
        #expect(replaced.shadows.map(\.through) == [at(20), nil])
        #expect(replaced.shadows[0].contains(at(20)) && !replaced.shadows[0].contains(at(21)))
        #expect(replaced.end(of: jump) == at(20) && replaced.end(of: rules) == nil)
        #expect(replaced.specifications == [hmm, jump, rules])
        for timeline in [begun, replaced, replaced.endingShadow(at: at(30))] {
            let read = try SpecificationTimeline(canonicalJSON: timeline.canonicalJSON)
            #expect(read == timeline && read.canonicalJSON == timeline.canonicalJSON)
        }
    }

    @Test("what was asked about nothing leaves no trace, and what answers is compared no more")
    func shadowsEnd() {
        let begun = SpecificationTimeline(hmm).shadowing(jump, after: at(10))
        #expect(begun.endingShadow(at: at(10)) == SpecificationTimeline(hmm))
        let promoted = begun.promoting(jump, after: at(20))
        #expect(promoted.shadow == nil && promoted.shadows.map(\.through) == [at(20)])
        #expect(promoted.end(of: hmm) == at(20) && promoted.end(of: jump) == nil)
        #expect(begun.promoting(rules, after: at(20)).shadow?.specification == jump)
    }

    @Test("shadows that overlap are refused")
    func overlapping() {
        let text = SpecificationTimeline(hmm).shadowing(jump, after: at(10))
            .shadowing(rules, after: at(20)).canonicalJSON
        for wrong in [
            text.replacing(#""through":20"#, with: #""through":21"#),
            text.replacing(#","through":20"#, with: ""),
            text.replacing(#""after":10"#, with: #""after":20"#),
        ] {
            #expect(wrong != text)
            #expect(throws: SpecificationError.self) {
                try SpecificationTimeline(canonicalJSON: wrong)
            }
        }
    }

    @Test("a text that is no timeline is refused")
    func malformed() {
        let timeline = SpecificationTimeline(hmm).promoting(jump, after: at(10))
            .promoting(rules, after: at(20))
        for text in [
            "", "{}", #"{"eras":[]}"#,
            timeline.canonicalJSON.replacing(#""after":10"#, with: #""after":20"#),
        ] {
            #expect(throws: SpecificationError.self) {
                try SpecificationTimeline(canonicalJSON: text)
            }
        }
    }
}
