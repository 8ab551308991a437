# dist.sh - the tarball of `make dist`: always the same, and what it holds is
# all that a build fetches; its list of parts
# needs: git xz=xz-utils patch make python3
. tests/lib.sh

name=$(mk show-DIST) version=$(mk show-VERSION) date=$(mk show-BUILD_DATE)
origs=$(mk show-ORIGS)
mkdir "$T/one" "$T/other" "$T/stub" "$T/new"
# dist FOLDER DATE
dist() {
	# shellcheck disable=SC2086
	sh initscripts/dist.sh "$T/$1" "$name" "$version" "$2" $origs \
	    >"$T/said" 2>&1
}
ok "make dist" dist one "$date"
ok "once more, with another umask" sh -c "umask 077; sleep 1
	sh initscripts/dist.sh '$T/other' '$name' '$version' '$date' $origs \
	    >/dev/null"
ok "is the same, byte by byte" cmp "$T/one/$name.tar.gz" "$T/other/$name.tar.gz"
tar -C "$T" -xzf "$T/one/$name.tar.gz"
is "it holds what git has, and the archives" \
    "$(cd "$T/$name" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort)" \
    "$({ git ls-tree -r --name-only HEAD
	echo sbom.spdx.json
	for f in $origs; do echo "sources/${f##*/}"; done; } | LC_ALL=C sort)"

# The parts by name, version and the archive that has their hash.
cat >"$T/parts.py" <<'END'
import hashlib, json, sys
top = sys.argv[1]
sbom = json.load(open(top + "/sbom.spdx.json"))
known = {"SPDXRef-DOCUMENT"} | {p["SPDXID"] for p in sbom["packages"]}
for p in sbom["packages"]:
    for c in p.get("checksums", []):
        name = p["packageFileName"]
        where = "/ssl/" if name == "roots.pem" else "/sources/"
        data = open(top + where + name, "rb").read()
        same = c["checksumValue"] == hashlib.sha256(data).hexdigest()
        print(p["name"], p["versionInfo"], "ok" if same else "another file")
print(*[r["relationshipType"] for r in sbom["relationships"]
        if {r["spdxElementId"], r["relatedSpdxElement"]} <= known])
END
is "its list of parts is true" "$(python3 "$T/parts.py" "$T/$name")" \
    "musl $(mk show-MUSL_FILE | sed 's/musl_//; s/\.orig.*//') ok
bearssl 0.6 ok
ca-list $(sed -n 's/^Date: //p' ssl/roots.pem) ok
STATIC_LINK STATIC_LINK CONTAINS DESCRIBES"

# No way to a mirror.
printf '#!/bin/sh\nexit 100\n' >"$T/stub/apt-get"
chmod 755 "$T/stub/apt-get"
without() { (cd "$T/$name" && PATH=$T/stub:$PATH sh "$@") >"$T/said" 2>&1; }
ok "musl's sources come from it" without libc/get-musl.sh "$T/new/musl" \
    "$(mk show-MUSL_FILE)" "$(mk show-MUSL_SUM)"
ok "and are there" [ -f "$T/new/musl/configure" ]
ok "so do BearSSL's" without ssl/get-bearssl.sh "$T/new/bearssl"
ok "and are there" [ -f "$T/new/bearssl/inc/bearssl.h" ]

dist one $((date + 200 * 86400))
is "a CA list of half a year is refused" "$?" 1
has "and that is said" "$(cat "$T/said")" 'days old; make roots$'
