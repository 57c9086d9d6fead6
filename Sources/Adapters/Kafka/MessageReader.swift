import CRDKafka

/// Copies what librdkafka has fetched.
enum MessageReader {
    static func read(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ position: KafkaOffset, epoch: Int
    ) -> KafkaMessage {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let time = rd_kafka_message_timestamp(message, &kind)
        return KafkaMessage(
            position: position, key: bytes(message.pointee.key, message.pointee.key_len),
            value: bytes(message.pointee.payload, message.pointee.len), headers: headers(message),
            timestampMilliseconds: kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : time,
            epoch: epoch)
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }

    private static func headers(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>
    ) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return []
        }
        var headers: [KafkaHeader] = []
        var (name, value): (UnsafePointer<CChar>?, UnsafeRawPointer?) = (nil, nil)
        var size = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            headers.append(KafkaHeader(name.map { String(cString: $0) } ?? "", bytes(value, size)))
        }
        return headers
    }
}
