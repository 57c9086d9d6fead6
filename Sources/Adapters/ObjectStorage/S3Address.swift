import Ports

/// Where a bucket is.
package struct S3Address: Equatable, Sendable {
    /// What paths are put behind.
    let base: String
    /// As it is signed: with a port that is not the scheme's own.
    let host: String
    /// Before an object's key, encoded: with the bucket where the host does not name it.
    let prefix: String
    let bucket: String
    package let region: String

    /// Amazon's own, or a server that speaks as it does.
    ///
    /// - Parameters:
    ///   - endpoint: `http://host:port` of such a server, which is asked for the bucket by its
    ///     path; `nil`: Amazon's in the region.
    /// - Returns: `nil` for a name that no bucket has, or what is no such URL.
    package init?(bucket: String, region: String, endpoint: String? = nil) {
        guard S3Address.isBucket(bucket), S3Address.isRegion(region) else { return nil }
        self.bucket = bucket
        self.region = region
        guard let endpoint else {
            // A dot is in no certificate of Amazon's.
            let isByHost = !bucket.contains(".")
            host = (isByHost ? "\(bucket)." : "") + "s3.\(region).amazonaws.com"
            base = "https://" + host
            prefix = isByHost ? "/" : "/\(bucket)/"
            return
        }
        guard (try? URLHost.of(endpoint)) != nil, !endpoint.contains(where: { "?#".contains($0) })
        else { return nil }
        var base = endpoint[...]
        while base.last == "/" { base.removeLast() }
        guard let scheme = base.firstRange(of: "://") else { return nil }
        let authority = base[scheme.upperBound...]
        guard !authority.contains("/") else { return nil }
        let isStandard =
            base.hasPrefix("https:") && authority.hasSuffix(":443")
            || base.hasPrefix("http:") && authority.hasSuffix(":80")
        host = String(isStandard ? authority.prefix { $0 != ":" } : authority)
        self.base = String(base)
        prefix = "/\(bucket)/"
    }

    /// Amazon S3 User Guide, «Bucket naming rules».
    private static func isBucket(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { isSmall($0) || $0 == UInt8(ascii: ".") }
            && !name.contains("..") && name.first != "-" && name.last != "-"
            && name.first != "." && name.last != "."
    }

    private static func isRegion(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.utf8.allSatisfy(isSmall)
    }

    private static func isSmall(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
