package import Hosting
import Logging

/// Says hello when it starts and goodbye when it stops.
package struct HelloWorld: PermanentService {
    package static let name = "hello-world"
    private let context: ServiceContext<HelloWorldSettings>

    package init(_ context: ServiceContext<HelloWorldSettings>) {
        self.context = context
    }

    package func start() {
        context.logger.notice("Hello", metadata: ["whom": "\(context.settings.whom)"])
        context.status.report(.idle, "said hello to \(context.settings.whom)")
    }

    package func stop() {
        context.logger.notice("Goodbye")
    }
}

/// Whom it greets.
package struct HelloWorldSettings: ServiceSettings {
    package static let keys = [
        ConfigurationKey(
            "HELLO_WORLD_WHOM", .text, default: "world", meaning: "Whom hello-world greets.")
    ]

    let whom: String

    package init(_ reader: inout ConfigurationReader) {
        whom = reader.text("HELLO_WORLD_WHOM")
    }
}
