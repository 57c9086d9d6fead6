/// Whether a caller that is alone looks out for its reply for a moment before it waits.
///
/// Whoever waits is woken by way of three threads, which takes several times as long as a server
/// on the same host does. A server that is further away does not answer within the moment: then
/// callers look out ever more seldom.
struct Lookout: Equatable {
    static let span = Duration.microseconds(100)
    /// Looks within the span, should the clock stand still.
    static let lookLimit = 250
    /// Callers that do not look out after one that did so in vain.
    static let restLimit = 1_024
    /// And after one that was not alone: callers that come together are served together, unless
    /// each of them stops to look out.
    static let crowdRest = 256

    private var rest = 0
    private var left = 0

    /// Asked by each caller.
    mutating func allows(isAlone: Bool) -> Bool {
        if !isAlone { left = max(left, Lookout.crowdRest) }
        guard left > 0 else { return true }
        left -= 1
        return false
    }

    mutating func ended(found: Bool) {
        rest = found ? 0 : min(max(1, 2 * rest), Lookout.restLimit)
        left = rest
    }
}
