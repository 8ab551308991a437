# structure.sh - the rules of the house: sizes of functions and files, nesting,
# width, names, and which folder may include which
. tests/lib.sh

sh tests/measure.sh >"$T/measures"
sed 's/^/#= /' "$T/measures"

# NAME: its value in the measures
measure() { sed -n "s/^$1: \([0-9]*\).*/\1/p" "$T/measures"; }

ok "there are functions to measure" [ "$(measure functions)" -gt 50 ]
ok "no function is over 60 lines" [ "$(measure 'longest function')" -le 60 ]
ok "90 % are up to 25 lines" [ "$(measure '90 % of functions')" -le 25 ]
ok "no file is over 770 lines" \
    [ "$(measure 'longest file of applets and lib')" -le 770 ]
ok "no file of the sender is over 400" \
    [ "$(measure 'longest file of the sender')" -le 400 ]
ok "no function name stands twice" [ "$(measure 'function names shared')" -eq 0 ]
ok "headers compile alone" \
    [ "$(measure 'headers that do not compile alone')" -eq 0 ]
ok "ssl.h is included by at most three files" \
    [ "$(measure 'files that include ssl.h')" -le 3 ]

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

# FOLDER PATTERN: the includes of files in FOLDER that leave it, but for those
# that the extended RE allows
beyond() {
	grep -nE '#include "[^"]*/' "$1"/*.[ch] |
	    grep -vE "#include \"($2)[^/\"]*\"" || :
}

sources=$(find applets lib ssl tests -name '*.[ch]')
code=$(find applets lib ssl -name '*.[ch]')
# shellcheck disable=SC2086
set -- $sources

is "no block is nested deeper than three" "$(too_deep "$@")" ""
is "no line is wider than 80 columns" "$(too_wide "$@")" ""
is "no #if but include guards" "$(conditionals "$@")" ""

is "ssl includes only ssl" "$(beyond ssl none)" ""
is "applets include lib and ssl" "$(beyond applets '\.\./lib/[a-z]*/|\.\./ssl/')" ""
is "send includes lib and applets" \
    "$(beyond applets/send '\.\./|\.\./\.\./lib/[a-z]*/')" ""
is "check includes lib and applets" \
    "$(beyond applets/check '\.\./|\.\./\.\./lib/[a-z]*/')" ""
lower='\.\./\.\./ssl/'
for layer in $(make -s show-LAYERS); do
	is "$layer includes only the layers below it" \
	    "$(beyond "lib/$layer" "$lower")" ""
	lower="$lower|\.\./$layer/"
done
is "the layers are all of lib" "$(for f in lib/*; do echo "${f#lib/}"; done |
    sort)" "$(make -s show-LAYERS | tr ' ' '\n' | sort)"
is "bearssl.h is in ssl only" "$(
	find applets lib -name '*.[ch]' -exec \
	    grep -lE '#include [<"]bearssl' {} +)" ""

make -s show-OBJS show-TLS_bear show-TLS_none show-MLKEM_0 \
    SANDBOX='sandbox nosandbox' |
    tr ' ' '\n' | sed 's,^.*obj/,,; s,\.o$,.c,' >"$T/listed"
is "every source is in the lists" "$(
	find applets lib ssl -name '*.c' ! -name mkbundle.c |
	    while read -r f; do grep -qF "$f" "$T/listed" || echo "$f"; done)" ""

marks='TO''DO|FIX''ME|XX''X|HA''CK'
# shellcheck disable=SC2086
is "no notes to ourselves" "$(
	grep -nwE "$marks" $code Makefile config.mk applets/*.[1-8] \
	    tests/*.c tests/*.sh tests/unit/*/* tests/interop/* |
	    grep -v 'TZ=')" ""

{
	printf '#include "../base/a.h"\n#include "../net/b.h"\nint\nf(void)\n{\n'
	printf '\t\t\t\t\tdeep();\n}\n#if X\n'
} >"$T/bad.c"
is "a deep block is noticed" "$(too_deep "$T/bad.c")" "$T/bad.c:6"
is "an #if is noticed" "$(conditionals "$T/bad.c")" "$T/bad.c:8"
is "a step over the wall is noticed" \
    "$(touch "$T/a.h"; beyond "$T" '\.\./base/')" \
    "$T/bad.c:2:#include \"../net/b.h\""
mkdir -p "$T/tree/applets/send" "$T/tree/lib/a" "$T/tree/ssl" "$T/tree/tests"
{
	printf 'static int\nf(void)\n{\n'
	yes '	g();' | head -n 79
	printf '}\n'
} | tee "$T/tree/lib/a/one.c" "$T/tree/lib/a/two.c" >"$T/tree/applets/send/x.c"
echo 'struct a { size_t n; };' >"$T/tree/lib/a/a.h"
sh tests/measure.sh "$T/tree" >"$T/measures"
is "a long function is noticed" "$(measure 'longest function')" 81
is "a name that stands twice is noticed" "$(measure 'function names shared')" 1
is "a header that needs others is noticed" \
    "$(measure 'headers that do not compile alone')" 1
