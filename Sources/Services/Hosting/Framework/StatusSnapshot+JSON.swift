import Contracts

extension StatusSnapshot {
    /// One JSON object: `id`, `status` (the aggregated one), `ownStatus`, `detail`, `children`.
    /// Equal snapshots give equal bytes.
    package var json: String {
        var json = JSONWriter()
        write(to: &json)
        return json.text
    }

    private func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("status", aggregated.name)
            json.member("ownStatus", own.status.name)
            json.member("detail", own.detail)
            json.member("children") { json in
                json.array(children) { json, child in child.write(to: &json) }
            }
        }
    }
}
