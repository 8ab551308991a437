#!/bin/sh
# get-musl.sh DEST FILE SHA256 - put musl's sources at DEST: the original
# archive of Debian's source package, which is kept beside DEST
#
# What Debian's patches mend is not in our programs: iconv, the qsort of libc,
# and a specs file.
set -eu
dest=$1 file=$2 cache=${1%/*}
sh "$(dirname "$0")/get-source.sh" musl "$file" "$3" "$cache" || {
	echo "get-musl.sh: give MUSL_SRC=path or MUSL=system" >&2
	exit 1
}
rm -rf "$dest" "$dest.$$"
mkdir -p "$dest.$$"
tar -xzf "$cache/$file" -C "$dest.$$" --strip-components=1 --no-same-owner
mv "$dest.$$" "$dest"
