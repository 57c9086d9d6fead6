"""Asks for the current regime as a client does that was written before this server was.

The proto that it is generated from holds one field of the request and three of the answer. Prints
the answer as JSON.

Usage: grpc_current.py HOST:PORT [CA.pem [CERTIFICATE.pem KEY.pem]]
"""

import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

PROTO = """
syntax = "proto3";
package bloasis.market_regime;
service MarketRegimeService {
  rpc GetCurrentRegime(RegimeRequest) returns (RegimeResponse);
}
message RegimeRequest { string user_id = 1; }
message RegimeResponse {
  string regime = 1;
  double confidence = 2;
  string timestamp = 3;
}
"""


def generated(folder):
    path = pathlib.Path(folder)
    (path / "known.proto").write_text(PROTO)
    arguments = ["protoc", f"-I{folder}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    assert protoc.main(arguments + ["known.proto"]) == 0
    sys.path.insert(0, folder)
    return importlib.import_module("known_pb2"), importlib.import_module("known_pb2_grpc")


def channel(target, files):
    if not files:
        return grpc.insecure_channel(target)
    contents = [pathlib.Path(file).read_bytes() for file in files]
    certificate, key = (contents[1:] + [None, None])[:2]
    return grpc.secure_channel(
        target, grpc.ssl_channel_credentials(contents[0], key, certificate)
    )


def main():
    with tempfile.TemporaryDirectory() as folder:
        messages, services = generated(folder)
        with channel(sys.argv[1], sys.argv[2:]) as connection:
            stub = services.MarketRegimeServiceStub(connection)
            try:
                answer = stub.GetCurrentRegime(messages.RegimeRequest(user_id="u"), timeout=10)
            except grpc.RpcError as error:
                print(f"{error.code().name}: {error.details()}", file=sys.stderr)
                return 1
    print(
        json.dumps(
            {
                "regime": answer.regime,
                "confidence": answer.confidence,
                "timestamp": answer.timestamp,
            }
        )
    )
    return 0


sys.exit(main())
