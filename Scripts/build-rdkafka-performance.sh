#!/bin/sh
# Prints where `rdkafka_performance` is, librdkafka's own performance tool. Debian packages the
# library without it, so it is compiled here, below .build/peers, from Debian's source package of
# the version that is installed, against the installed library: that is then the same on both sides.
# Exits 4 when the source package cannot be had.
set -eu

cd "$(dirname "$0")/.."
if command -v rdkafka_performance; then exit 0; fi
# $ stands for dpkg-query, not for the shell.
# shellcheck disable=SC2016
package=$(dpkg-query -W -f '${source:Package}=${source:Version}' librdkafka1 2>/dev/null) || {
    echo "build-rdkafka-performance: librdkafka1 is not installed: make setup" >&2
    exit 4
}
folder=$PWD/.build/peers/rdkafka-${package#*=}
program=$folder/rdkafka_performance
if [ ! -x "$program" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    # The machine's own mirrors, asked for sources, with lists of its own.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
        "Created-By: Packages" |
        awk '$4 == "Debian" { print "deb-src", $1, $2, $3 }' | sort -u >"$folder/sources.list"
    sources() {
        (cd "$folder" && apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" \
            -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$folder/lists" \
            -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root "$@") >&2
    }
    {
        sources update && sources source --download-only "$package" &&
            mkdir "$folder/source" &&
            tar -xzf "$folder"/*.orig.tar.gz -C "$folder/source" --strip-components 1 &&
            (cd "$folder/source" && ./configure >"$folder/configure.log" 2>&1) &&
            (cd "$folder/source/examples" && cc -O2 -w -I../src rdkafka_performance.c \
                -o "$program" -lrdkafka -lpthread -lm)
    } || {
        echo "build-rdkafka-performance: $package cannot be fetched or compiled" >&2
        exit 4
    }
    rm -rf "$folder/source" "$folder/lists" "$folder/cache"
fi
echo "$program"
