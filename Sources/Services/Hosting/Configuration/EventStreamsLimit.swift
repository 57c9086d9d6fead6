extension ConfigurationReader {
    /// `HTTP_STREAMS`: a process can have the files for so many.
    package mutating func eventStreams() -> Int {
        integer("HTTP_STREAMS", in: 1...50_000)
    }
}
