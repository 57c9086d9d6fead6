import Logging
import ServiceLifecycle

/// Doors that stop at the same moment: a client that keeps one of them takes no time from another,
/// and all of them are cut off in time for what stops after them.
struct DoorGroup: Service {
    let doors: [ServiceController]
    let process: ServiceProcess

    func run() async {
        await withTaskGroup(of: Bool.self) { tasks in
            for door in doors {
                tasks.addTask {
                    await door.run(in: process)
                    return true
                }
            }
            tasks.addTask {
                guard (try? await process.doorsAreOverdue()) != nil else { return false }
                let open = doors.filter { !$0.life.isOver }.map(\.instance)
                process.logger.warning(
                    "Doors cut off", metadata: ["instances": "\(open.joined(separator: ", "))"])
                return false
            }
            var open = doors.count
            while open > 0, let hasStopped = await tasks.next() {
                if hasStopped { open -= 1 } else { tasks.cancelAll() }
            }
            tasks.cancelAll()
        }
    }
}
