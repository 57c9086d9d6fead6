extension ConfigurationTable {
    /// Whether callers must say who they are, and what verifies that.
    static let access: [ConfigurationKey] = [
        ConfigurationKey(
            "BLOASIS_AUTH", .choice(AuthenticationMode.allCases.map(\.rawValue)), default: "auto",
            meaning: "Whether `serve` asks callers for tokens (JWT). `auto` is `off` on a loopback "
                + "address without keys and `required` on any other; `off` is off anywhere."),
        ConfigurationKey(
            "BLOASIS_JWKS_FILE", .path,
            meaning: "Keys that verify RS256 and ES256 tokens, as a JSON Web Key Set; read again "
                + "when it changes."),
        ConfigurationKey(
            "BLOASIS_JWKS_URL", .keySetURL,
            meaning: "The same from a URL, fetched every 10 minutes and for an unknown key."),
        ConfigurationKey(
            "BLOASIS_JWT_SECRET", .sharedSecret, secret: true,
            meaning: "Verifies HS256 tokens, and signs those that accounts log in to."),
        ConfigurationKey(
            "BLOASIS_TOKEN_SECONDS", .count, default: "600",
            meaning: "How long an access token lasts that the accounts service makes: 60 to 3600 "
                + "seconds."),
        ConfigurationKey(
            "BLOASIS_JWT_ISSUER", .text,
            meaning: "What a token's `iss` must be. Unset: it is not looked at."),
        ConfigurationKey(
            "BLOASIS_JWT_AUDIENCE", .text,
            meaning: "What must be among a token's `aud`. Unset: it is not looked at."),
    ]
}
