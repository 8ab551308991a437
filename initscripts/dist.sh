#!/bin/sh
# dist.sh OBJ NAME VERSION DATE MUSL BEARSSL - make OBJ/NAME.tar.gz: the tree,
# in sources/ the archives of musl and BearSSL that the build has fetched, so
# that it builds without a network, and sbom.spdx.json. The same tree gives the
# same bytes, on any machine.
set -eu
obj=$1 name=$2 version=$3 date=$4 musl=$5 bearssl=$6
age=$(((date - $(date -d "$(sed -n 's/^Date: //p' ssl/roots.pem)" +%s)) / 86400))
[ "$age" -le 180 ] || {
	echo "dist.sh: the CA list is $age days old; make roots" >&2
	exit 1
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$tmp/$name/sources"
git archive HEAD | tar -C "$tmp/$name" -xf -
cp "$musl" "$bearssl" "$tmp/$name/sources"
sh initscripts/sbom.sh "$name" "$version" "$date" "$musl" "$bearssl" \
    >"$tmp/$name/sbom.spdx.json"
chmod -R u=rwX,go=rX "$tmp/$name"
tar -C "$tmp" --format=gnu --sort=name --mtime="@$date" --owner=root:0 \
    --group=root:0 -cf - "$name" | gzip -9n >"$obj/$name.tar.gz"
sha256sum "$obj/$name.tar.gz"
