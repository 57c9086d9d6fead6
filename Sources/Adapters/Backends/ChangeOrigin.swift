/// Which of the stored changes bars brought, as a condition on their rows. Those that none did have
/// no place in what an assessment says.
enum ChangeOrigin {
    static let byBar: StaticString = "model_version NOT IN ('override', 'amendment')"
    static let byNoBar: StaticString = "model_version IN ('override', 'amendment')"
}
