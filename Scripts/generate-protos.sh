#!/bin/sh
# Makes Sources/Boundaries/Contracts/Generated and .../Descriptors from Protos/ (`make protos`).
#
# Needs: protoc and gRPC's own protos (Debian: protobuf-compiler, grpc-proto), python3 with pip. The
# generator is protoc-gen-swift of the swift-protobuf that Package.resolved names;
# google/api/*.proto come from PyPI.
# PROTOC_GEN_SWIFT=path uses a generator that is already built.
set -eu

cd "$(dirname "$0")/.."
googleapis=googleapis-common-protos==1.76.0
output=Sources/Boundaries/Contracts/Generated
descriptors=Sources/Boundaries/Contracts/Descriptors
grpc_protos=/usr/share/grpc-proto

if ! command -v protoc >/dev/null || ! [ -d $grpc_protos ]; then
    echo "protoc or gRPC's protos are missing: apt-get install protobuf-compiler grpc-proto" >&2
    exit 4
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ -z "${PROTOC_GEN_SWIFT:-}" ]; then
    swift build -c release --product protoc-gen-swift
    PROTOC_GEN_SWIFT=$(swift build -c release --show-bin-path)/protoc-gen-swift
fi

python3 -m pip download --quiet --no-deps --only-binary :all: -d "$scratch" "$googleapis"
python3 -m zipfile -e "$scratch"/googleapis_common_protos-*.whl "$scratch/include"

own=$(find Protos/bloasis -name '*.proto' | sort)
# What others define and we speak: annotations of routes, health checks, reflection.
others="google/api/annotations.proto google/api/http.proto grpc/health/v1/health.proto
    grpc/reflection/v1/reflection.proto"
paths="--proto_path=Protos --proto_path=$scratch/include --proto_path=$grpc_protos"

# Into the scratch folder first: a failure half-way leaves the committed files as they were.
mkdir "$scratch/generated"
generate() {
    protoc --plugin="protoc-gen-swift=$PROTOC_GEN_SWIFT" \
        --swift_out="$scratch/generated" \
        --swift_opt=Visibility=Package \
        --swift_opt=UseAccessLevelOnImports=true \
        --swift_opt=FileNaming=DropPath "$@"
}
# shellcheck disable=SC2086 # lists are meant to be split
{
    generate $paths $own
    # Without their comments, which are not ours.
    protoc $paths --include_imports --descriptor_set_out="$scratch/others.binpb" $others
    generate --descriptor_set_in="$scratch/others.binpb" $others
    # Ours with comments, for the document of the HTTP API; what they rest on, and the services
    # that every server has, without. Descriptor sets are joined by writing one after the other.
    protoc $paths --include_source_info --descriptor_set_out="$scratch/own.binpb" $own
    protoc $paths --include_imports --descriptor_set_out="$scratch/rest.binpb" $others \
        grpc/reflection/v1alpha/reflection.proto
}

# The generator shares one empty instance per large message through `nonisolated(unsafe)`; under
# strict memory safety a use of it has to be marked.
sed -i 's/= _StorageClass\.defaultInstance$/= unsafe _StorageClass.defaultInstance/' \
    "$scratch"/generated/*.pb.swift

rm -rf "$output" "$descriptors"
mkdir -p "$output" "$descriptors"
cp "$scratch"/generated/*.pb.swift "$output"/
cat "$scratch/own.binpb" "$scratch/rest.binpb" >"$descriptors/services.binpb"
ls -l "$output" "$descriptors"
