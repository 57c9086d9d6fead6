import CRDKafka

/// Hands records to librdkafka.
enum RecordEncoder {
    /// - Throws: `KafkaError.unsendable`.
    static func check(_ records: [KafkaRecord]) throws(KafkaError) {
        guard records.count <= KafkaProducer.batchLimit else {
            throw KafkaError.unsendable(
                reason: "\(records.count) records at once, \(KafkaProducer.batchLimit) at the most")
        }
        for record in records {
            guard !record.topic.isEmpty, !record.topic.utf8.contains(0) else {
                throw KafkaError.unsendable(reason: "a topic's name is empty or holds a NUL")
            }
            if let partition = record.partition, partition < 0 {
                throw KafkaError.unsendable(reason: "there is no partition \(partition)")
            }
        }
    }

    /// Queues a copy of a record.
    ///
    /// - Returns: the error that the caller is to destroy; `nil` when the record is queued.
    static func produce(
        _ record: KafkaRecord, _ token: UnsafeMutableRawPointer?, _ client: OpaquePointer
    ) -> OpaquePointer? {
        let headers = headers(record.headers)
        let error = record.topic.withCString { topic in
            withBytes(record.key) { key in
                withBytes(record.value) { value in
                    var fields = [
                        field(RD_KAFKA_VTYPE_TOPIC) { $0.cstr = topic },
                        field(RD_KAFKA_VTYPE_MSGFLAGS) { $0.i = RD_KAFKA_MSG_F_COPY },
                        field(RD_KAFKA_VTYPE_OPAQUE) { $0.ptr = token },
                        field(RD_KAFKA_VTYPE_KEY) { $0.mem = .init(ptr: key.0, size: key.1) },
                        field(RD_KAFKA_VTYPE_VALUE) { $0.mem = .init(ptr: value.0, size: value.1) },
                    ]
                    if let partition = record.partition {
                        fields.append(field(RD_KAFKA_VTYPE_PARTITION) { $0.i32 = partition })
                    }
                    if let time = record.timestampMilliseconds {
                        fields.append(field(RD_KAFKA_VTYPE_TIMESTAMP) { $0.i64 = time })
                    }
                    if let headers {
                        fields.append(field(RD_KAFKA_VTYPE_HEADERS) { $0.headers = headers })
                    }
                    return rd_kafka_produceva(client, fields, fields.count)
                }
            }
        }
        // A record that is queued has taken its headers.
        if error != nil, let headers { rd_kafka_headers_destroy(headers) }
        return error
    }

    private typealias Field = rd_kafka_vu_t

    private static func field(
        _ type: rd_kafka_vtype_t, _ fill: (inout Field.__Unnamed_union_u) -> Void
    ) -> Field {
        var field = Field()
        field.vtype = type
        fill(&field.u)
        return field
    }

    /// Bytes that are empty have an address too: without one they were none.
    private static func withBytes<Value>(
        _ bytes: [UInt8]?, _ body: ((UnsafeMutableRawPointer?, Int)) -> Value
    ) -> Value {
        guard let bytes else { return body((nil, 0)) }
        guard !bytes.isEmpty else {
            var nothing: UInt8 = 0
            return withUnsafeMutableBytes(of: &nothing) { body(($0.baseAddress, 0)) }
        }
        return bytes.withUnsafeBytes { buffer in
            // Only read, though C does not say so.
            body((UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count))
        }
    }

    private static func headers(_ headers: [KafkaHeader]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            withBytes(header.value) { value in
                header.name.withCString { name in
                    _ = rd_kafka_header_add(
                        list, name, header.name.utf8.count, value.0, value.1)
                }
            }
        }
        return list
    }
}
