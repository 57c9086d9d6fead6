"""Asks a server what it serves and whether it is healthy, as grpcurl and probes do.

Prints one line each: the services by reflection (both versions agree), the methods of those that
are ours, and the health of each name. Usage: grpc_explore.py HOST:PORT
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)


def main():
    with grpc.insecure_channel(sys.argv[1]) as connection:
        database = ProtoReflectionDescriptorDatabase(connection)
        services = sorted(database.get_services())
        pool = DescriptorPool(database)
        for name in services:
            print("service", name)
            methods = pool.FindServiceByName(name).methods
            for method in methods:
                print("method", f"{name}/{method.name}", method.input_type.full_name)
        # The older version asks by the same messages under another name.
        older = connection.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=bytes,
            response_deserializer=bytes,
        )
        # Field 7 of the request, a string: list_services.
        answer = next(iter(older(iter([b"\x3a\x01*"]), timeout=10)))
        assert all(name.encode() in answer for name in services), "v1alpha lists other services"
        health = health_pb2_grpc.HealthStub(connection)
        statuses = health_pb2.HealthCheckResponse.ServingStatus
        for name in ["", *services[:1], "bloasis.market_regime.MarketRegimeService", "no.such"]:
            try:
                asked = health_pb2.HealthCheckRequest(service=name)
                status = health.Check(asked, timeout=10).status
                print("health", name or "-", statuses.Name(status))
            except grpc.RpcError as error:
                print("health", name, error.code().name)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="no.such"), timeout=10)
        status = next(iter(watch)).status
        print("watch no.such", statuses.Name(status))
    return 0


sys.exit(main())
