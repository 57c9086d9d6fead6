import CHiredis
import Glibc

/// The owner of one of hiredis' contexts, its socket and its buffers; never blocks once it is open.
///
/// hiredis knows no locks: whoever shares a wire lets in one thread at a time.
final class Wire: @unchecked Sendable {
    /// Why a wire is of no further use.
    enum Fault: Error, Equatable {
        case lost(String)
        case violation(String)
    }

    struct Limits: Sendable {
        /// Bytes of one reply, elements of one array, bytes of one line.
        var replyBytes: Int
        static let elements = 1 << 16
        static let lineBytes = 1 << 16
    }

    private let context: UnsafeMutablePointer<redisContext>
    private let limits: Limits
    /// Bytes of a reply that is not complete yet.
    private var unfinishedBytes = 0

    /// Looks up the name, which blocks, and begins to connect.
    init(host: String, port: Int, _ limits: Limits) throws(Fault) {
        guard let context = redisConnectNonBlock(host, Int32(port)) else {
            throw Fault.lost("out of memory")
        }
        guard context.pointee.err == 0, let reader = context.pointee.reader else {
            let reason = Wire.text(of: &context.pointee.errstr)
            redisFree(context)
            throw Fault.lost(reason)
        }
        self.context = context
        self.limits = limits
        // The standard functions but for one that makes room for as many elements as the server
        // announces, however many.
        reader.pointee.fn = BoundedReplies.functions.pointer
    }

    deinit { redisFree(context) }

    var descriptor: Int32 { context.pointee.fd }

    // MARK: - Sending

    /// Bytes that the socket has not taken yet.
    var pendingBytes: Int { sdslen(context.pointee.obuf) }

    func append(_ command: RedisCommand) throws(Fault) {
        let status = command.withPointers { arguments, lengths in
            redisAppendCommandArgv(context, Int32(command.lengths.count), arguments, lengths)
        }
        guard status == REDIS_OK else { throw Fault.lost("out of memory") }
    }

    /// Hands to the socket what it takes; `false` when something is left.
    ///
    /// hiredis' own function for it would end the process with SIGPIPE when the server has gone.
    func flush() throws(Fault) -> Bool {
        while pendingBytes > 0 {
            let count = pendingBytes
            let sent = send(descriptor, context.pointee.obuf, count, Int32(MSG_NOSIGNAL))
            if sent == count {
                sdsclear(context.pointee.obuf)
            } else if sent > 0 {
                sdsrange(context.pointee.obuf, Int32(sent), -1)
            } else if errno == EAGAIN {
                return false
            } else if errno != EINTR {
                throw Fault.lost(String(cString: strerror(errno)))
            }
        }
        return true
    }

    // MARK: - Receiving

    /// hiredis reads as much at once.
    private static let readBytes = 16 * 1_024

    /// Reads once, and gives each reply that is complete; `false` when there was nothing more.
    func receive(_ take: (RedisReply) throws(Fault) -> Void) throws(Fault) -> Bool {
        let before = context.pointee.reader.pointee.len
        guard redisBufferRead(context) == REDIS_OK else {
            let reason = Wire.text(of: &context.pointee.errstr)
            throw Fault.lost(
                unfinishedBytes > 0 ? "\(reason), in the middle of a reply" : reason)
        }
        let received = context.pointee.reader.pointee.len - before
        unfinishedBytes += received
        while let reply = try nextReply() {
            let rest = buffered.count
            try checkSize(unfinishedBytes - rest)
            unfinishedBytes = rest
            try take(reply)
        }
        try checkSize(unfinishedBytes)
        try checkLine()
        return received == Wire.readBytes
    }

    private func nextReply() throws(Fault) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &reply) == REDIS_OK else {
            let isTooLarge = context.pointee.err == REDIS_ERR_OOM
            throw Fault.violation(
                isTooLarge
                    ? "a reply of more than \(Limits.elements) elements"
                    : Wire.text(of: &context.pointee.errstr))
        }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisReply(UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
    }

    /// What was read and is not yet taken apart.
    private var buffered: UnsafeRawBufferPointer {
        let reader = context.pointee.reader.pointee
        return UnsafeRawBufferPointer(
            start: reader.buf.map { $0 + reader.pos }, count: reader.len - reader.pos)
    }

    private func checkSize(_ bytes: Int) throws(Fault) {
        guard bytes <= limits.replyBytes else {
            throw Fault.violation("a reply of more than \(limits.replyBytes) bytes")
        }
    }

    private func checkLine() throws(Fault) {
        // A string of bytes has its length in a line before it; anything else is a line, and is
        // searched for its end from the start each time.
        let rest = buffered
        guard rest.count > Limits.lineBytes else { return }
        let newline = UInt8(ascii: "\n")
        guard isInString, rest.prefix(32).contains(newline) else {
            throw Fault.violation("a line of more than \(Limits.lineBytes) bytes")
        }
    }

    /// What is buffered begins with the length of a string.
    private var isInString: Bool {
        guard let reader = context.pointee.reader else { return false }
        let level = Int(reader.pointee.ridx)
        return withUnsafeBytes(of: &reader.pointee.rstack) { stack in
            let tasks = stack.bindMemory(to: redisReadTask.self)
            return tasks.indices.contains(level) && tasks[level].type == REDIS_REPLY_STRING
        }
    }

    private static func text<Characters>(of message: inout Characters) -> String {
        withUnsafeBytes(of: &message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// hiredis' functions that make replies, but for arrays that are too large.
private struct BoundedReplies: @unchecked Sendable {
    static let functions = BoundedReplies()

    /// Never changes once it is made, and is never freed: readers hold it.
    let pointer: UnsafeMutablePointer<redisReplyObjectFunctions>?
    let createArray:
        (@convention(c) (UnsafePointer<redisReadTask>?, Int32) -> UnsafeMutableRawPointer?)?

    private init() {
        let reader = redisReaderCreate()
        defer { redisReaderFree(reader) }
        guard let standard = reader?.pointee.fn?.pointee else {
            (pointer, createArray) = (nil, nil)
            return
        }
        createArray = standard.createArray
        let pointer = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        pointer.initialize(to: standard)
        pointer.pointee.createArray = { task, count in
            guard count <= Wire.Limits.elements else { return nil }
            return BoundedReplies.functions.createArray?(task, count)
        }
        self.pointer = pointer
    }
}
