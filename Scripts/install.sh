#!/bin/sh
# Installs the built program with its manual pages and its completions for bash, zsh and fish under
# PREFIX (/usr/local), or takes them away again: `install.sh --remove`. DESTDIR stands before every
# path, as packagers need it; PROGRAM is another build of the program.
set -eu

here=$PWD
cd "$(dirname "$0")/.."
# A path of the caller's is meant from where the caller stands.
absolute() {
    case $1 in
    '' | /*) printf %s "$1" ;;
    *) printf %s "$here/$1" ;;
    esac
}
prefix=${PREFIX:-/usr/local}
root=$(absolute "${DESTDIR:-}")$prefix
program=$(absolute "${PROGRAM:-}")
program=${program:-.build/release/bloasis}

bash_completions=$root/share/bash-completion/completions
zsh_completions=$root/share/zsh/site-functions
fish_completions=$root/share/fish/vendor_completions.d
manual=$root/share/man/man1

case $prefix in
/*) ;;
*) echo "install: PREFIX=$prefix is no absolute path" >&2 && exit 2 ;;
esac

remove() {
    rm -f "$root/bin/bloasis" "$bash_completions/bloasis" "$zsh_completions/_bloasis" \
        "$fish_completions/bloasis.fish" "$manual/bloasis.1" "$manual"/bloasis-*.1
}

install_all() {
    [ -x "$program" ] || {
        echo "install: there is no $program: run \`make build\`" >&2
        exit 1
    }
    mkdir -p "$root/bin" "$bash_completions" "$zsh_completions" "$fish_completions" "$manual"
    install -m 755 "$program" "$root/bin/bloasis"
    install -m 644 Documentation/Manual/*.1 "$manual/"
    completions bash "$bash_completions/bloasis"
    completions zsh "$zsh_completions/_bloasis"
    completions fish "$fish_completions/bloasis.fish"
    echo "installed $root/bin/bloasis; new shells complete it, \`man bloasis\` explains it" >&2
}

completions() {
    "$program" --generate-completion-script "$1" >"$2.new"
    chmod 644 "$2.new"
    mv "$2.new" "$2"
}

case ${1:-} in
--remove) remove ;;
'') install_all ;;
*) echo "usage: Scripts/install.sh [--remove]" >&2 && exit 2 ;;
esac
