"""Makes the calls of the service registry that its contract describes, with httpx, and checks what
comes back. Usage: registry_calls.py http://127.0.0.1:8082

The config-service must listen on loopback: the instances that are healthy here are two servers of
this script's own. Ends with 0, or with 1 and what was wrong.
"""

import datetime
import http.server
import sys
import threading
import time

import httpx

SERVICE = "registry-calls"
JSON = {"content-type": "application/json"}
HEALTHY_WITHIN_SECONDS = 30
MEMBERS = {
    "instance_id",
    "service_name",
    "service_url",
    "health_check_url",
    "status",
    "service_metadata",
    "registered_at",
}


class Failure(Exception):
    pass


def expect(condition, message):
    if not condition:
        raise Failure(message)


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def start_instance():
    """A server that is healthy, and its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


class Registry:
    def __init__(self, base):
        self.client = httpx.Client(base_url=base + "/api/v1/registry", timeout=5)

    def answer(self, response, status):
        where = f"{response.request.method} {response.request.url}"
        expect(
            response.status_code == status,
            f"{where}: {response.status_code}, not {status}: {response.text}",
        )
        kind = response.headers.get("content-type", "")
        expect(kind.startswith("application/json"), f"{where}: content-type {kind!r}")
        return response.json()

    def register(self, url, health, metadata, status=201, name=SERVICE):
        body = {"service_name": name, "service_url": url, "health_check_url": health}
        if metadata is not None:
            body["service_metadata"] = metadata
        return self.answer(self.client.post("/register", json=body), status)

    def deregister(self, instance_id, name=SERVICE):
        query = {"service_name": name, "instance_id": instance_id}
        return self.answer(self.client.post("/deregister", params=query), 200)

    def instances(self, name=SERVICE):
        return self.answer(self.client.get(f"/services/{name}"), 200)

    def url(self, status=200, name=SERVICE):
        return self.answer(self.client.get(f"/services/{name}/url"), status)


def check_nothing_there(registry):
    expect(registry.instances() == [], "an unknown name has instances")
    expect(
        registry.url(404) == {"detail": "No healthy instances found"},
        "the 404 of /url has another body",
    )


def check_registration(registry):
    metadata = {"instance_id": "one", "zone": "a", "weight": 1.5, "tags": ["x", None, {}]}
    answer = registry.register("http://h:1", None, metadata)
    expect(answer == {"instance_id": "one"}, f"register answered {answer}")
    (listed,) = registry.instances()
    expect(set(listed) == MEMBERS, f"an instance has the members {sorted(listed)}")
    moment = datetime.datetime.fromisoformat(listed.pop("registered_at").replace("Z", "+00:00"))
    expect(moment.tzinfo is not None, "registered_at has no offset")
    wanted = {
        "instance_id": "one",
        "service_name": SERVICE,
        "service_url": "http://h:1",
        "health_check_url": None,
        "status": "unknown",
        "service_metadata": metadata,
    }
    expect(listed == wanted, f"an instance is listed as {listed}")
    registry.url(404)


def check_overwriting(registry):
    registry.register("http://h:2", None, {"instance_id": "one"})
    urls = [instance["service_url"] for instance in registry.instances()]
    expect(urls == ["http://h:2"], f"the same id does not overwrite: {urls}")
    generated = registry.register("http://h:3", None, None)["instance_id"]
    expect(isinstance(generated, str) and generated, "no id was made")
    metadata = {i["instance_id"]: i["service_metadata"] for i in registry.instances()}
    expect(metadata[generated] == {}, f"absent metadata are listed as {metadata[generated]}")
    everything = registry.answer(registry.client.get("/services"), 200)
    expect({"one", generated} <= {i["instance_id"] for i in everything}, "/services lacks one")
    return generated


def check_deregistration(registry, other):
    for _ in range(2):
        expect(registry.deregister("one") == {"status": "ok"}, "deregister answers otherwise")
        ids = [instance["instance_id"] for instance in registry.instances()]
        expect(ids == [other], f"deregister took out another instance: {ids} are left")
    registry.deregister(other)


def check_turns(registry):
    servers = [start_instance() for _ in range(2)]
    try:
        for number, (_, url) in enumerate(servers):
            registry.register(url, url + "/health", {"instance_id": f"live-{number}"})
        registry.register("http://h:4", None, {"instance_id": "silent"})
        wait_until_healthy(registry, 2)
        urls = [registry.url()["url"] for _ in range(4)]
        wanted = {url for _, url in servers}
        expect(set(urls[:2]) == wanted, f"healthy instances do not take turns: {urls}")
        expect(urls[:2] == urls[2:], f"the turns are not the same again: {urls}")
    finally:
        for server, _ in servers:
            server.shutdown()
        for instance_id in ["live-0", "live-1", "silent"]:
            registry.deregister(instance_id)


def wait_until_healthy(registry, count):
    end = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while True:
        statuses = [instance["status"] for instance in registry.instances()]
        if statuses.count("healthy") == count:
            return
        expect(time.monotonic() < end, f"nobody found the instances healthy: {statuses}")
        time.sleep(0.1)


def check_refusals(registry):
    for url in ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://0.0.0.0/"]:
        answer = registry.register("http://h:5", url, {}, status=422)
        expect("detail" in answer, f"a refusal has no detail: {answer}")
    for body in ["", "[]", "{}", '{"service_name": 7}']:
        answer = registry.client.post("/register", content=body, headers=JSON)
        detail = registry.answer(answer, 422)["detail"]
        for problem in detail:
            expect({"loc", "msg", "type"} <= set(problem), f"a problem is told as {problem}")
    kind = {"content-type": "text/plain"}
    registry.answer(registry.client.post("/register", content="{}", headers=kind), 415)
    registry.answer(registry.client.post("/register", content="{}"), 422)
    registry.answer(registry.client.post("/deregister", json={"instance_id": "one"}), 422)
    expect(registry.instances() == [], "what was refused is registered")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    base = sys.argv[1].rstrip("/")
    registry = Registry(base)
    try:
        expect(httpx.get(base + "/health").status_code == 200, "GET /health is not 200")
        check_nothing_there(registry)
        check_registration(registry)
        other = check_overwriting(registry)
        check_deregistration(registry, other)
        check_turns(registry)
        check_refusals(registry)
    except (Failure, httpx.HTTPError) as failure:
        print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    print("the registry answers as described")
    return 0


if __name__ == "__main__":
    sys.exit(main())
