import Contracts
import Foundation
import Logging
import Testing

@testable import GRPCServing

@Suite("The methods are those of the .proto files")
struct MethodTableTests {
    private static let protos = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Protos/bloasis").standardizedFileURL

    /// `package.Service/Method` of a file.
    private func declared(in file: String) throws -> Set<String> {
        let text = try String(contentsOf: Self.protos.appending(path: file), encoding: .utf8)
        let package = try #require(text.firstMatch(of: /package ([\w.]+);/)).1
        let service = try #require(text.firstMatch(of: /service (\w+) \{/)).1
        return Set(text.matches(of: /rpc (\w+)\(/).map { "\(package).\(service)/\($0.1)" })
    }

    @Test func everyNameIsDeclared() throws {
        var methods = MethodTable(logger: Logger(label: "test"))
        methods.add(FakeRegimes())
        let missing = ["bloasis.market_regime.MarketRegimeService/AnalyzeCurrentRegime"]
        let declared = try declared(in: "market_regime.proto")
        #expect(declared.subtracting(missing) == Set(methods.names))
        #expect(methods.names.count == Set(methods.names).count)
    }
}
