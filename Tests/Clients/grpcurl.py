"""As much of grpcurl as our pages use: knows a server by its reflection alone.

Prints services one a line, or answers as JSON; of a stream the first one. Usage:
grpcurl.py -plaintext [-d JSON] HOST:PORT list | SERVICE/METHOD
"""

import argparse
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)


def ask(connection, pool, symbol, json):
    service, name = symbol.split("/")
    method = pool.FindServiceByName(service).FindMethodByName(name)
    asked = message_factory.GetMessageClass(method.input_type)
    answered = message_factory.GetMessageClass(method.output_type)
    question = json_format.Parse(json, asked())
    call = connection.unary_stream if method.server_streaming else connection.unary_unary
    answer = call(
        "/" + symbol,
        request_serializer=asked.SerializeToString,
        response_deserializer=answered.FromString,
    )(question, timeout=10)
    if method.server_streaming:
        answer = next(answer)
    print(json_format.MessageToJson(answer))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-plaintext", action="store_true", required=True)
    parser.add_argument("-d", default="{}")
    parser.add_argument("address")
    parser.add_argument("symbol")
    arguments = parser.parse_args()
    with grpc.insecure_channel(arguments.address) as connection:
        database = ProtoReflectionDescriptorDatabase(connection)
        if arguments.symbol == "list":
            print("\n".join(sorted(database.get_services())))
            return 0
        try:
            ask(connection, DescriptorPool(database), arguments.symbol, arguments.d)
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    return 0


sys.exit(main())
