# length.sh - the measures of the code: functions up to 80 lines and 90 % of
# them up to 50, blocks nested three deep, 80 columns, no #if but include
# guards, includes that point applets -> lib -> ssl, no notes to ourselves
. tests/lib.sh

# FILE...: "LINES FILE:LINE" of each function: a brace in the first column
# opens it, the next one closes it
functions() {
	awk 'FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start) print FNR - start + 1, FILENAME ":" start; start = 0 }' \
	    "$@"
}

# A function's statements stand one tab in; blocks in three blocks have four.
too_deep() {
	awk 'FNR == 1 { inside = 0 }
	/^\{/ { inside = 1 }
	/^\}/ { inside = 0 }
	inside && /^\t\t\t\t\t/ { print FILENAME ":" FNR }' "$@"
}

# The rows of tables are as long as they are.
too_wide() {
	awk '/^\t+(X\(|\{ )/ || /\\$/ { next }
	{ line = $0; width = 0
	  while ((i = index(line, "\t"))) {
		width += i - 1; width += 8 - width % 8
		line = substr(line, i + 1)
	  }
	  gsub(/[\200-\277]/, "", line)
	  if (width + length(line) > 80) print FILENAME ":" FNR }' "$@"
}

conditionals() {
	awk 'FNR == 1 { guard = 0 }
	/^#[ \t]*if/ {
		if (FILENAME ~ /\.h$/ && !guard++ && /^#ifndef [A-Z0-9_]+_H$/)
			next
		print FILENAME ":" FNR
	}' "$@"
}

sources=$(find applets lib ssl tests -name '*.[ch]')
code=$(find applets lib ssl -name '*.[ch]')
# shellcheck disable=SC2086
set -- $sources

functions "$@" | sort -n >"$T/functions"
count=$(wc -l <"$T/functions")
ok "there are functions to measure" [ "$count" -gt 50 ]
is "no function is over 80 lines" \
    "$(awk '$1 > 80 { print $2, $1 " lines" }' "$T/functions")" ""
long=$(awk '$1 > 50' "$T/functions" | wc -l)
ok "90 % are up to 50 lines ($long of $count are not)" \
    [ $((long * 10)) -le "$count" ]
is "no block is nested deeper than three" "$(too_deep "$@")" ""
is "no line is wider than 80 columns" "$(too_wide "$@")" ""
is "no #if but include guards" "$(conditionals "$@")" ""

is "ssl includes only ssl" \
    "$(grep -n '#include "[^"]*/' ssl/*.[ch])" ""
is "lib includes lib and ssl" \
    "$(grep -nE '#include "(\.\./applets|applets)/' lib/*/*.[ch])" ""
is "bearssl.h is in ssl only" \
    "$(grep -lE '#include [<"]bearssl' applets/*.[ch] lib/*/*.[ch])" ""
is "headers include no headers but str.h and buf.h" "$(
	grep -nE '#include "' applets/*.h lib/*/*.h ssl/*.h |
	    grep -vE '#include "(\.\./lib/)?(str|buf)\.h"')" ""

is "every source is in the lists" "$(
	for f in applets/*.c lib/*/*.c ssl/*.c; do
		grep -qwF "${f%.c}.o" Makefile ssl/tls.mk || echo "$f"
	done)" ""

marks='TO''DO|FIX''ME|XX''X|HA''CK'
# shellcheck disable=SC2086
is "no notes to ourselves" "$(
	grep -nwE "$marks" $code Makefile config.mk applets/*.[1-8] \
	    tests/*.c tests/*.sh tests/unit/* tests/interop/* |
	    grep -v 'TZ=')" ""

{
	printf 'int\nf(void)\n{\n'
	yes '	g();' | head -n 79
	printf '\t\t\t\t\tdeep();\n}\n#if X\n'
} >"$T/bad.c"
is "a long function is noticed" "$(functions "$T/bad.c")" "82 $T/bad.c:3"
is "a deep block is noticed" "$(too_deep "$T/bad.c")" "$T/bad.c:83"
is "an #if is noticed" "$(conditionals "$T/bad.c")" "$T/bad.c:85"
