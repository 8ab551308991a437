# map.sh - MAP.md, which says what is promised and where that is tested: every
# file it names exists, and it names every script
. tests/lib.sh

# FILE: the files that the second column of its tables names
named() {
	awk -F '|' '/^\|/ && $3 !~ /^ *(test|file) *$|^-/ { print $3 }' "$1" |
	    tr ', ' '\n\n' | grep . | LC_ALL=C sort -u
}
# FILE: which of these are not there
absent() {
	for f in $(named "$1"); do [ -f "tests/$f" ] || echo "$f"; done
}
# FILE: which scripts it does not name
forgotten() {
	named "$1" >"$T/named"
	find tests -name '*.sh' | sed 's,^tests/,,' | LC_ALL=C sort |
	    LC_ALL=C comm -23 - "$T/named"
}

named tests/MAP.md >"$T/all"
ok "there are tests" [ "$(wc -l <"$T/all")" -gt 60 ]
is "all that it names is there" "$(absent tests/MAP.md)" ""
is "it names all scripts" "$(forgotten tests/MAP.md)" ""
is "no behaviour is without a test" \
    "$(awk -F '|' '/^\|/ && ($2 ~ /^ *$/ || $3 ~ /^ *$/)' tests/MAP.md)" ""
sed 's/storm\.sh/strom.sh/' tests/MAP.md >"$T/bad"
has "a wrong name is noticed" "$(absent "$T/bad")" '^strom\.sh$'
has "a script without a name is noticed" "$(forgotten "$T/bad")" '^storm\.sh$'
