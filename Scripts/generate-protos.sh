#!/bin/sh
# Makes Sources/Boundaries/Contracts/Generated from Protos/ (`make protos`).
#
# Needs: protoc (Debian: protobuf-compiler), python3 with pip. The generator is protoc-gen-swift of
# the swift-protobuf that Package.resolved names; google/api/*.proto come from PyPI.
# PROTOC_GEN_SWIFT=path uses a generator that is already built.
set -eu

cd "$(dirname "$0")/.."
googleapis=googleapis-common-protos==1.76.0
output=Sources/Boundaries/Contracts/Generated

command -v protoc >/dev/null || {
    echo "protoc is missing: apt-get install protobuf-compiler" >&2
    exit 4
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ -z "${PROTOC_GEN_SWIFT:-}" ]; then
    swift build -c release --product protoc-gen-swift
    PROTOC_GEN_SWIFT=$(swift build -c release --show-bin-path)/protoc-gen-swift
fi

python3 -m pip download --quiet --no-deps --only-binary :all: -d "$scratch" "$googleapis"
python3 -m zipfile -e "$scratch"/googleapis_common_protos-*.whl "$scratch/include"

# Into the scratch folder first: a failure half-way leaves the committed code as it was.
mkdir "$scratch/generated"
find Protos/bloasis -name '*.proto' -print0 | sort -z | xargs -0 protoc \
    --plugin="protoc-gen-swift=$PROTOC_GEN_SWIFT" \
    --proto_path=Protos --proto_path="$scratch/include" \
    --swift_out="$scratch/generated" \
    --swift_opt=Visibility=Package \
    --swift_opt=UseAccessLevelOnImports=true \
    --swift_opt=FileNaming=DropPath

# The generator shares one empty instance per large message through `nonisolated(unsafe)`; under
# strict memory safety a use of it has to be marked.
sed -i 's/= _StorageClass\.defaultInstance$/= unsafe _StorageClass.defaultInstance/' \
    "$scratch"/generated/*.pb.swift

rm -rf "$output"
mkdir -p "$output"
cp "$scratch"/generated/*.pb.swift "$output"/
ls -l "$output"
