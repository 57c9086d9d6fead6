extension ConfigurationTable {
    /// Where models and reports are kept.
    static let objects: [ConfigurationKey] = [
        ConfigurationKey(
            "S3_BUCKET", .text,
            meaning: "Bucket of models and reports. Unset: files in `BLOASIS_HOME/objects`."),
        ConfigurationKey(
            "S3_REGION", .text, default: "us-east-1", meaning: "Region of the bucket."),
        ConfigurationKey(
            "S3_ENDPOINT", .url(schemes: ["http", "https"]),
            meaning: "A server that speaks as S3 does, `http://host:port`. Unset: Amazon's in the "
                + "region."),
        ConfigurationKey(
            "S3_ACCESS_KEY_ID", .text, meaning: "Names the key; needed once a bucket is named."),
        ConfigurationKey(
            "S3_SECRET_ACCESS_KEY", .text, secret: true,
            meaning: "The key itself; needed once a bucket is named."),
    ]
}
