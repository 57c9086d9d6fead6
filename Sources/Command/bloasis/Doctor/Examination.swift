import Contracts
import Foundation
import Hosting
import Kernels
import LanguageModels
import Market
import Ports
import Regimes

/// Asks every part that this configuration uses, and tells what those are for that it does not.
struct Examination {
    /// Less room than this for the store is too little.
    private static let roomNeeded: Int64 = 256 << 20

    private let configuration: BloasisConfiguration

    init(_ configuration: BloasisConfiguration) {
        self.configuration = configuration
    }

    func checks() async -> [DoctorCheck] {
        var checks = [
            DoctorCheck(
                name: "version", state: .works, detail: Version.text, purpose: "this program"),
            DoctorCheck(
                name: "kernels", state: .works, detail: kernels,
                purpose: "the arithmetic of models, for this processor"),
            home,
        ]
        do {
            checks += try await Assembly.with(configuration) { assembly in
                try await storeChecks(assembly)
            }
        } catch {
            checks.append(
                DoctorCheck(
                    name: "store", state: .failed, detail: "\(error)", purpose: storePurpose,
                    fix: storeFix))
            if configuration.redis != nil || configuration.brokers != nil {
                checks.append(
                    DoctorCheck(
                        name: "others", state: .notSetUp, detail: "not asked",
                        purpose: "brokers and the cache are asked once the store answers"))
            }
        }
        checks += [redisUnset, brokersUnset].compactMap(\.self)
        checks += await registries()
        checks += [await languageModel(), await objects()]
        return checks + feeds + ports + [plots]
    }

    // MARK: - This machine

    /// The arithmetic, the set of kernels in use, and which others this processor runs.
    private var kernels: String {
        let others = KernelSet.available.map(\.name).joined(separator: ", ")
        return "\(KernelVersion.current), \(KernelSet.current.name) of \(others)"
    }

    /// Says no number that would differ from one run to the next.
    private var home: DoctorCheck {
        func check(_ state: DoctorCheck.State, _ detail: String, _ fix: String?) -> DoctorCheck {
            DoctorCheck(
                name: "home", state: state, detail: "\(configuration.home), \(detail)",
                purpose: "the embedded store, and answers of vendors", fix: fix)
        }
        let files = FileManager.default
        let directory = nearestDirectory(configuration.home)
        guard files.isWritableFile(atPath: directory) else {
            return check(
                .failed, "\(directory) may not be written",
                "allow it, or name another directory with BLOASIS_HOME or --home")
        }
        let system = try? files.attributesOfFileSystem(forPath: directory)
        guard let free = (system?[.systemFreeSize] as? NSNumber)?.int64Value else {
            return check(.works, "may be written", nil)
        }
        let needed = Examination.roomNeeded >> 20
        return free < Examination.roomNeeded
            ? check(
                .failed, "less than \(needed) MiB free",
                "make room there, or name a directory on another disk with BLOASIS_HOME")
            : check(.works, "may be written, \(needed) MiB and more free", nil)
    }

    /// The directory itself, or the nearest above it that exists.
    private func nearestDirectory(_ path: String) -> String {
        var url = URL(fileURLWithPath: path).standardizedFileURL
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" {
            url.deleteLastPathComponent()
        }
        return url.path
    }

    private var ports: [DoctorCheck] {
        let purpose = "where bloasis serve listens"
        let wanted = [
            ("HTTP_PORT", configuration.httpPort as Int?), ("GRPC_PORT", configuration.grpcPort),
        ]
        let taken = ListeningPorts.read()
        return wanted.compactMap { variable, port in
            guard let port else { return nil }
            let name = "port \(port)"
            guard let taken else {
                return DoctorCheck(
                    name: name, state: .works, detail: "\(variable), not looked at",
                    purpose: purpose)
            }
            return DoctorCheck(
                name: name, state: .works,
                detail: taken.contains(port)
                    ? "\(variable), in use: a server runs, or another program has it"
                    : "\(variable), free", purpose: purpose)
        }
    }

    private var plots: DoctorCheck {
        let isThere = PlotFile.located("rsvg-convert") != nil
        return DoctorCheck(
            name: "rsvg-convert", state: isThere ? .works : .notSetUp,
            detail: isThere ? "installed" : "not installed",
            purpose: "history --plot FILE.png; .svg needs nothing",
            fix: "apt-get install librsvg2-bin")
    }
}

// MARK: - The store and what goes with it

extension Examination {
    private var storePurpose: String { "bars, answers, changes, models" }

    private var storeFix: String {
        if case .postgreSQL = configuration.store {
            return "see that PostgreSQL runs at DATABASE_URL and lets this user in, or unset it to "
                + "use the embedded store"
        }
        return "see that the file can be read and written and lies on a sound disk; a store that "
            + "a newer version wrote needs that version"
    }

    private func storeChecks(_ assembly: Assembly) async throws -> [DoctorCheck] {
        let version = try await assembly.storage.schemaVersion()
        let faults = try await assembly.storage.integrityFaults()
        let lag = try await assembly.store.lag()
        let heads = try await assembly.store.heads()
        var checks = [
            DoctorCheck(
                name: "store", state: .works,
                detail: "\(assembly.storage.location), schema version \(version)",
                purpose: storePurpose),
            DoctorCheck(
                name: "integrity", state: faults.isEmpty ? .works : .failed,
                detail: faults.isEmpty ? "sound" : faults.joined(separator: "; "),
                purpose: "whether the store's pages are whole",
                fix:
                    "bring back a copy of the file, or write the markets anew with bloasis backfill"
            ),
            DoctorCheck(
                name: "outbox", state: .works, detail: "\(lag.pending) rows waiting",
                purpose: "announced changes on their way; bloasis serve sends them"),
            clock(heads),
        ]
        // The store has answered just now.
        checks += try await Readiness(assembly.checks.filter { $0.name != "store" }).report()
            .dependencies.map(dependency)
        return checks + heads.map(series)
    }

    /// A clock that is behind what is known is wrong, and nothing else is known here of its time.
    private func clock(_ heads: [SeriesHead]) -> DoctorCheck {
        let purpose = "staleness, overrides, leases"
        let now = WallClock.now
        guard let ahead = heads.first(where: { $0.lastAsOf.map { $0 > now } ?? false }) else {
            return DoctorCheck(
                name: "clock", state: .works, detail: "later than every stored bar",
                purpose: purpose)
        }
        return DoctorCheck(
            name: "clock", state: .failed,
            detail: "before the last bar of \(ahead.profile.series)", purpose: purpose,
            fix: "set the clock, by NTP; if it is right, the bar's file is in another time zone "
                + "than it was read with")
    }

    private func dependency(_ health: DependencyHealth) -> DoctorCheck {
        let (purpose, fix) =
            switch health.name {
            case "kafka":
                (
                    "events, bars that are sent, jobs of workers",
                    "see that the brokers of REDPANDA_BROKERS run and can be reached, or unset it"
                )
            case "redis":
                (
                    "the cache that instances share",
                    "see that Redis runs at REDIS_URL or REDIS_HOST, or unset it: answers then "
                        + "come from the store"
                )
            default: ("events, for watch and streams", storeFix)
            }
        return DoctorCheck(
            name: health.name, state: health.isHealthy ? .works : .failed, detail: health.detail,
            purpose: purpose, fix: fix)
    }

    private func series(_ head: SeriesHead) -> DoctorCheck {
        let last = head.lastAsOf?.rfc3339 ?? "no assessment yet"
        let overridden = head.override.map {
            ", overridden to \($0.regime) until \($0.order.expiresAt)"
        }
        return DoctorCheck(
            name: "series \(head.profile.series)", state: .works,
            detail: "\(head.lastRegime) as of \(last), calendar \(head.profile.calendar.rawValue)"
                + (overridden ?? ""), purpose: "followed")
    }
}

// MARK: - Others

extension Examination {
    private var redisUnset: DoctorCheck? {
        guard configuration.redis == nil else { return nil }
        return DoctorCheck(
            name: "redis", state: .notSetUp, detail: "not set up",
            purpose: "a cache that several instances share", fix: "set REDIS_URL=redis://HOST:6379")
    }

    private var brokersUnset: DoctorCheck? {
        guard configuration.brokers == nil else { return nil }
        return DoctorCheck(
            name: "kafka", state: .notSetUp, detail: "not set up, events stay in the store",
            purpose: "events for other programs, jobs for workers",
            fix: "set REDPANDA_BROKERS=HOST:9092")
    }

    private func registries() async -> [DoctorCheck] {
        let purpose = "where services find each other"
        let clients: RegistryClients
        do {
            clients = try RegistryClients(configuration.registry)
        } catch {
            return [
                DoctorCheck(
                    name: "registry", state: .failed, detail: "\(error)", purpose: purpose,
                    fix: "give CONFIG_SERVICE_URL or CONSUL_HTTP_ADDR an address that can be used")
            ]
        }
        guard !clients.registrars.isEmpty else {
            return [
                DoctorCheck(
                    name: "registry", state: .notSetUp, detail: "not set up", purpose: purpose,
                    fix: "set CONFIG_SERVICE_URL=http://HOST:8082, and run bloasis serve "
                        + "config-service there")
            ]
        }
        let probes = clients.registrars.map { registrar in
            HealthCheck("registry \(registrar.registry)") {
                _ = try await registrar.isKnown(service: "doctor", instanceID: "doctor")
                return "answers"
            }
        }
        let answers = try? await Readiness(probes).report().dependencies
        await clients.close()
        return (answers ?? []).map { health in
            DoctorCheck(
                name: health.name, state: health.isHealthy ? .works : .failed,
                detail: health.detail, purpose: purpose,
                fix: "see that it runs and can be reached from here; services serve without it too")
        }
    }

    private func objects() async -> DoctorCheck {
        func check(_ state: DoctorCheck.State, _ detail: String, _ fix: String?) -> DoctorCheck {
            DoctorCheck(
                name: "objects", state: state, detail: detail, purpose: "models and reports",
                fix: fix)
        }
        do {
            return try await KeptObjects.with(configuration) { objects in
                try await objects.ping()
                return check(.works, "\(objects.location) can be used", nil)
            }
        } catch {
            return check(.failed, "\(error)", "give S3_BUCKET and its key, or leave it unset")
        }
    }

    private func languageModel() async -> DoctorCheck {
        func check(_ state: DoctorCheck.State, _ detail: String, _ fix: String?) -> DoctorCheck {
            DoctorCheck(
                name: "language model", state: state, detail: detail,
                purpose: "comments on strategies", fix: fix)
        }
        do {
            guard let choice = try configuration.values.read(LanguageModelSettings.self).choice
            else {
                return check(.notSetUp, "none is asked", "set LANGUAGE_MODEL, and a key for it")
            }
            let model = choice.client
            try await closing(model.close, after: model.ping)
            return check(.works, "\(model.name) answers", nil)
        } catch {
            return check(
                .failed, "\(error)", "see to it, or set LANGUAGE_MODEL=none: strategies do without")
        }
    }

    private var feeds: [DoctorCheck] {
        let keys = [
            ("ALPHA_VANTAGE_KEY", "alpha-vantage"), ("STOOQ_KEY", "stooq"),
        ]
        let set = Set(configuration.settings.filter { $0.shown != nil }.map(\.name))
        return keys.map { variable, feed in
            let isSet = set.contains(variable)
            return DoctorCheck(
                name: "feed \(feed)", state: isSet ? .works : .notSetUp,
                detail: isSet ? "\(variable) is set" : "\(variable) is not set",
                purpose: "bloasis fetch --feed \(feed)", fix: "set \(variable); the vendor gives it"
            )
        }
    }
}
