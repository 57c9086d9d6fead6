#!/bin/sh
# Line coverage of Sources without generated code, from the profiles that Scripts/test.sh left.
# Fails below the limit. With --files, a table of all files first.
set -eu

cd "$(dirname "$0")/.."
minimum=80
profiles=.build/coverage
products=.build/debug

# The tools must be those of the toolchain that wrote the profiles.
resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath" *: *"\(.*\)".*/\1/p')
tools=$(dirname "$(dirname "$resources")")/bin

ls "$profiles"/*.profraw >/dev/null 2>&1 || {
    echo "coverage: there are no profiles in $profiles: run make test" >&2
    exit 3
}
# A program that a test kills leaves a torn profile: only if all were torn is that a failure.
"$tools/llvm-profdata" merge --sparse --failure-mode=all \
    -o "$profiles/all.profdata" "$profiles"/*.profraw 2>"$profiles/merge.log" || {
    cat "$profiles/merge.log" >&2
    exit 1
}
"$tools/llvm-cov" report "$products/bloasisPackageTests.xctest" -object "$products/bloasis" \
    -instr-profile "$profiles/all.profdata" -ignore-filename-regex='/Generated/|\.build/' \
    "$PWD/Sources" >"$profiles/report.txt"

# Columns 8 to 10 of the report: lines, lines missed, share.
if [ "${1:-}" = --files ]; then
    awk '/\.swift / { printf "%7s %6d of %6d  %s\n", $10, $8 - $9, $8, $1 }' \
        "$profiles/report.txt" | sort -n
fi
awk -v minimum="$minimum" '
    /\.swift / {
        split($1, part, "/")
        module = part[1] "/" part[2]
        lines[module] += $8
        missed[module] += $9
        all += $8
        allMissed += $9
    }
    END {
        if (all == 0) {
            print "coverage: the report names no file" > "/dev/stderr"
            exit 1
        }
        for (module in lines)
            printf "  %5.1f %%  %s\n", 100 * (1 - missed[module] / lines[module]), \
                module | "sort -k3"
        close("sort -k3")
        share = 100 * (1 - allMissed / all)
        printf "Line coverage without generated code: %.1f %% (%d of %d lines)\n", \
            share, all - allMissed, all
        if (share < minimum) {
            printf "coverage: below %d %%\n", minimum > "/dev/stderr"
            exit 1
        }
    }' "$profiles/report.txt"
