import CFuzzer
import Glibc

/// Runs a check over what libFuzzer thinks up; the program's arguments are libFuzzer's.
package func fuzz(_ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, check))
}

/// A value that a law says there is; stops as `expect` does where there is none.
package func expected<Value>(
    file: StaticString = #fileID, line: UInt = #line, _ value: () throws -> Value
) -> Value {
    do {
        return try value()
    } catch {
        fatalError("broken law: \(error)", file: file, line: line)
    }
}

/// Stops with a message, and libFuzzer keeps the input, unless a law holds.
package func expect(
    _ law: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
    file: StaticString = #fileID, line: UInt = #line
) {
    if !law() { fatalError("broken law: " + message(), file: file, line: line) }
}
