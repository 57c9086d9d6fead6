import Kernels
import RegimeModels
import Regimes
import Testing

@Suite("Model manifests")
struct ManifestTests {
    static func manifest(_ kind: ModelKind = .hmm) throws -> ModelManifest {
        let specification = RegimeSpecification.quick(kind)
        let window = History.window(History.randomWalk(400, seed: 9), specification)
        return try RegimeFitter.fit(specification, window)
    }

    /// A bit of these that moves is a new arithmetic: give `KernelVersion` a new name, then pin
    /// here what comes out.
    @Test func theKernelVersionStandsForTheseBits() throws {
        var versions: [String] = []
        for kind in ModelKind.allCases {
            let specification = RegimeSpecification.quick(kind)
            let bars = Array(History.standardAndPoors.prefix(900))
            let window = History.window(bars, specification)
            versions.append(try RegimeFitter.fit(specification, window).modelVersion)
        }
        let standard = RegimeSpecification.standard
        let window = History.window(Array(History.standardAndPoors.prefix(900)), standard)
        versions.append(try RegimeFitter.fit(standard, window).modelVersion)
        #expect(KernelVersion.current == "kernels-3")
        #expect(
            versions == [
                "b1e74068d9d95d887a2505635b7a87d86e7b335beda8e126c028f7845904f8f0",
                "42a0835bd05ebc2146643c98402b628f53e53f5c57d5462fca689d1ca2ddfc5a",
                "0e5bb932a7a3d4c374aa154594e2d023a1f32d572ffc01cf78424ee37c52d952",
                "970954dc1b1c5ae80a2f09e05f533997b2e6bcf526d60d4ab74f1e21df3c5480",
                "23235fc5f4559fb7e2379944f5d8309806055f882634162600b62b1a3f09c8b8",
                "a606a9d6149a1cfa3606e3d13847dc3f2eb5dd745666fff1fe068ba608e92985",
                "eb13b0c161fa504e19cd61d11aebe5fa8b628f7d18f4cfb0e5bdfd2939e8d77d",
            ])
    }

    @Test(arguments: ModelKind.allCases)
    func readingBackGivesTheSameBits(kind: ModelKind) throws {
        let manifest = try Self.manifest(kind)
        let read = try ModelManifest(json: manifest.json)
        #expect(read == manifest)
        #expect(read.json == manifest.json)
        #expect(try ModelManifest(json: manifest.json + "\n") == manifest)
        #expect(manifest.version.text.count == 64)
        let specification = RegimeSpecification.quick(kind)
        let observations = History.observations(History.randomWalk(400, seed: 10), specification)
        var (one, other) = (manifest.makeFilter(), read.makeFilter())
        for observation in observations {
            let mine = one.advance(with: observation)
            #expect(mine?.probabilities == other.advance(with: observation)?.probabilities)
        }
    }

    @Test func anyEditIsRefused() throws {
        let json = try Self.manifest().json
        let edits: [(String, String)] = [
            ("\"entryProbability\":0.6", "\"entryProbability\":0.5"),
            ("\"kernelVersion\":\"kernels-3\"", "\"kernelVersion\":\"kernels-1\""),
            ("\"trainedFrom\":\"2000", "\"trainedFrom\":\"1999"),
            ("\"seed\":20250101", "\"seed\":1"),
            ("\"format\":2", "\"format\":2,\"note\":\"mine\""),
            ("{\"checksum\"", "{ \"checksum\""),
        ]
        for (found, replacement) in edits {
            let edited = json.replacing(found, with: replacement)
            #expect(edited != json, "«\(found)» is not in the manifest")
            #expect(throws: ManifestError.self) { try ModelManifest(json: edited) }
        }
        for length in stride(from: 0, to: json.utf8.count - 1, by: 97) {
            #expect(throws: ManifestError.self) {
                try ModelManifest(json: String(json.prefix(length)))
            }
        }
    }

    @Test func aNewerFormatIsNamedAsSuch() throws {
        let json = try Self.manifest().json.replacing("\"format\":2", with: "\"format\":3")
        let error = #expect(throws: ManifestError.newerFormat(found: 3, known: 2)) {
            try ModelManifest(json: json)
        }
        #expect(error?.description.contains("newer") == true)
        let old = try Self.manifest().json.replacing("\"format\":2", with: "\"format\":1")
        #expect(throws: ManifestError.olderFormat(found: 1, known: 2)) {
            try ModelManifest(json: old)
        }
    }

    @Test func specificationsRoundTripAndAreChecked() throws {
        let standard = RegimeSpecification.standard
        #expect(try RegimeSpecification(canonicalJSON: standard.canonicalJSON) == standard)
        let wrong: [(inout RegimeSpecification) -> Void] = [
            { $0.features = [] }, { $0.features = ["nonsense"] }, { $0.states = 0 },
            { $0.starts = 0 }, { $0.tolerance = .infinity }, { $0.maximumIterations = 0 },
            { $0.clip = -1 }, { $0.training.refitMonths = [7, 1] },
            { $0.training.refitMonths = [13] }, { $0.training.windowBars = 10 },
            { $0.training.warmUpBars = 0 }, { $0.hysteresis.entryProbability = 1.5 },
            { $0.hysteresis.confirmationBars = 0 }, { $0.taxonomy.calmRatio = .nan },
            { $0.rules.calmRank.full = .nan }, { $0.features = ["log_return", "log_return"] },
        ]
        for (number, spoil) in wrong.enumerated() {
            var specification = standard
            spoil(&specification)
            #expect(throws: SpecificationError.self, "case \(number)") {
                try specification.validate()
            }
        }
        #expect(throws: SpecificationError.self) {
            try RegimeSpecification(canonicalJSON: "{\"model\":\"hmm\"}")
        }
    }
}
