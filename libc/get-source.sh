#!/bin/sh
# get-source.sh PACKAGE FILE SHA256 FOLDER - make sure that FOLDER has FILE
#
# FILE is the original archive of one of Debian's source packages. It is fetched
# by apt's own client from the machine's own mirror and held to its hash; no
# system state is touched and no rights are needed. The machine's release is
# asked first, then the later one that has what an older one has not.
#
# SOURCES=path: a folder that is looked into before; else the tree's own, which
# `make dist` fills
set -eu
package=$1 file=$2 sum=$3 folder=$4
SOURCES=${SOURCES:-$(dirname "$0")/../sources}
later=trixie

pinned() {
	echo "$sum  $1" | sha256sum -c --status 2>/dev/null
}

# keep PATH: all of it or nothing, whoever else does the same
keep() {
	cp "$1" "$folder/$file.$$"
	mv "$folder/$file.$$" "$folder/$file"
}

# sources [SUITE]: lists of our own, of the machine's suites or of this one
sources() {
	rm -rf "$tmp/parts" "$tmp/lists"
	mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || sed "s/^Types:.*/Types: deb-src/
			${1:+s/^Suites:.*/Suites: $1/}" "$f" \
			>"$tmp/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] || sed -n "s/^deb[[:space:]]/deb-src /
			${1:+s/\(:[^ ]*\) *[^ ]*/\1 $1/}
			/^deb-src/p" "$f" \
			>"$tmp/parts/$(basename "$f" .list).list"
	done
}

# One list out of step must not stop the others: the hash decides.
fetch() {
	sources "$@"
	set -- -qq -o Dir::Etc::sourcelist=/dev/null \
		-o "Dir::Etc::sourceparts=$tmp/parts" \
		-o "Dir::State::lists=$tmp/lists" -o "Dir::Cache=$tmp/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Debug::NoLocking=1
	(cd "$tmp" && timeout 300 apt-get "$@" update
		timeout 300 apt-get "$@" source --download-only --only-source \
			"$package") >"$tmp/log" 2>&1 || :
	pinned "$tmp/$file"
}

! pinned "$folder/$file" || exit 0
mkdir -p "$folder"
if pinned "$SOURCES/$file"; then
	keep "$SOURCES/$file"
	exit
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! fetch && ! fetch "$later"; then
	tail -n 3 "$tmp/log" >&2
	echo "$file: not to be had, or not the file with the pinned hash" >&2
	exit 1
fi
keep "$tmp/$file"
