# libc.sh - where the C library comes from, and that its age is said
# needs: make
. tests/lib.sh
unset MAKEFLAGS MAKELEVEL

version() { "$NM" --version | sed -n 's/^musl //p'; }
show() { make -s "show-$1" "MUSL=$2" "MUSL_SRC=${3:-}"; }
if sanitized; then
	is "another libc is called none" "$(version)" none
else
	is "--version has the version that was built" "$(version)" \
	    "$(make -s show-MUSL_VERSION)$(case $(make -s show-MUSL_OLD) in
		?*) echo ' (DNS by UDP only)' ;; esac)"
fi

# A libc of a given age, as its archive says it.
library() {
	mkdir -p "$T/$1/lib"
	printf 'x\0%s\0y 12.2.0' "$1" >"$T/version.o"
	ar qc "$T/$1/lib/libc.a" "$T/version.o"
}
for v in 1.1.24 1.2.3; do
	library $v
	is "$v is known" "$(show MUSL_VERSION "$T/$v")" $v
	is "$v is too old" "$(show MUSL_OLD "$T/$v")" $v
done
for v in 1.2.4 1.2.5 1.3.0 1.10.1; do
	library $v
	is "$v is known" "$(show MUSL_VERSION "$T/$v")" $v
	is "$v is not too old" "$(show MUSL_OLD "$T/$v")" ""
done
mkdir "$T/tree"
echo 1.2.6 >"$T/tree/VERSION"
is "a tree of one's own says its version" "$(show MUSL_VERSION '' "$T/tree")" 1.2.6

# The archive: by its hash, from where it lies, without a network.
echo archive >"$T/archive"
sum=$(sha256sum <"$T/archive" | cut -d' ' -f1)
get() {
	SOURCES=$T/$1 PATH=$T/none:$PATH sh libc/get-source.sh no-such-package \
	    file "$sum" "$T/$2" >"$T/said" 2>&1
}
mkdir "$T/none" "$T/there" "$T/wrong"
printf '#!/bin/sh\nexit 100\n' >"$T/none/apt-get"
chmod 755 "$T/none/apt-get"
cp "$T/archive" "$T/there/file"
echo other >"$T/wrong/file"
ok "an archive that lies there" get there got
is "is the one" "$(cat "$T/got/file")" archive
ok "what has been got is not got again" get wrong got
get wrong new
is "another file by the same name is refused" "$?" 1
has "and that is said" "$(cat "$T/said")" '^file: not to be had, or not the file'
is "nothing is left of it" "$(ls "$T/new")" ""
