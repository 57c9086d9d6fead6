import GRPCCore
import Testing

@testable import GRPCServing

@Suite("The deadline that a caller sends")
struct DeadlineHeaderTests {
    @Test(
        "eight digits are taken as seven or fewer, never as a shorter time",
        arguments: [
            ("1S", "1S"), ("9999999n", "9999999n"), ("10000000n", "10000u"),
            ("15000000u", "15000m"), ("99999999u", "100000m"), ("30000001m", "30001S"),
            ("99999999S", "1666667M"), ("99999999M", "1666667H"), ("99999999H", "9999999H"),
            ("0n", "0n"), ("00000005S", "5S"),
        ])
    func taken(sent: String, expected: String) {
        #expect(DeadlineHeader.taken(sent) == expected)
    }

    @Test(
        "what is no timeout counts as none",
        arguments: [
            "", "S", "5", "-1S", "+1S", "1.5S", "1s", "123456789S", " 1S", "1S ", "٣S", "1SS",
        ])
    func refused(sent: String) {
        #expect(DeadlineHeader.taken(sent) == nil)
        var metadata: Metadata = ["grpc-timeout": .string(sent), "other": "kept"]
        DeadlineHeader.normalize(&metadata)
        #expect(metadata == ["other": "kept"])
    }

    @Test func theFirstOfSeveralCounts() {
        var metadata: Metadata = ["grpc-timeout": "10000000n", "GRPC-Timeout": "-1S"]
        DeadlineHeader.normalize(&metadata)
        #expect(Array(metadata[stringValues: "grpc-timeout"]) == ["10000u"])
    }
}
