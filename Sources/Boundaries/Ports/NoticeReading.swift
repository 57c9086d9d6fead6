package import Notices

/// How a store reads again what it keeps of a notice: its event as it came. A value handed in by
/// the composition root, so that an adapter holds no wire formats.
package struct NoticeReading: Sendable {
    /// Throws for an event that can no longer be read, though it was when it was taken.
    package var notice: @Sendable (_ kind: NoticeKind, _ event: String) throws -> Notice

    package init(notice: @escaping @Sendable (_ kind: NoticeKind, _ event: String) throws -> Notice)
    {
        self.notice = notice
    }
}
