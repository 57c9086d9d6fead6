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
