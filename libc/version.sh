#!/bin/sh
# version.sh CC AR [FOLDER] - the version of the musl in FOLDER/lib or, without
# it, of the one that the compiler links with; "none" if it is another libc
libc=${3:+$3/lib/libc.a}
# shellcheck disable=SC2086
[ -n "$libc" ] || libc=$(echo 'int main(void) { return 0; }' |
    $1 -static -Wl,-t -o /dev/null -x c - 2>/dev/null |
    sed -n 's/^(*\(.*libc\.a\).*/\1/p' | head -n 1)
object=$("$2" t "$libc" 2>/dev/null | grep '^version\.l*o$' | head -n 1)
[ -z "$object" ] || version=$("$2" p "$libc" "$object" | tr -c '0-9.' '\n' |
    grep '^1\.[0-9][0-9]*\.[0-9][0-9]*$')
echo "${version:-none}"
