#!/bin/sh
# dist.sh OBJ NAME DATE - make OBJ/NAME.tar.gz: the tree, and in sources/ the
# archives of musl and BearSSL that the build has fetched into OBJ, so that it
# builds without a network. The same tree gives the same bytes, whoever made it.
set -eu
obj=$1 name=$2 date=$3
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
cp "$obj"/musl_*.orig.tar.gz "$obj"/bearssl_*.orig.tar.xz "$tmp/$name/sources"
chmod -R u=rwX,go=rX "$tmp/$name"
tar -C "$tmp" --format=gnu --sort=name --mtime="@$date" --owner=root:0 \
    --group=root:0 -cf - "$name" | gzip -9n >"$obj/$name.tar.gz"
sha256sum "$obj/$name.tar.gz"
