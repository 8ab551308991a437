# measure.sh [TREE] - the measures of the code of a tree, one a line: "NAME:
# VALUE". tests/structure.sh has the limits; with another tree this shows what
# has changed.
cd "${1:-.}" || exit 1
code=$(find applets lib ssl -name '*.[ch]')

# FILE...: "LINES FILE:LINE" of each function: a brace in the first column
# opens it, the next one closes it
functions() {
	awk 'FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start) print FNR - start + 1, FILENAME ":" start; start = 0 }' \
	    "$@"
}

# The names of functions that are defined more than once. A file that stands
# for another one when its part is left out has the same names.
shared_names() {
	find applets lib ssl -name '*.c' ! -name 'no[nds]*.c' \
	    ! -name nomlkem.c ! -name mkbundle.c \
	    -exec awk 'match($0, /^[a-z_][a-z_0-9]*\(/) {
		if (seen[substr($0, 1, RLENGTH)]++ == 1)
			print substr($0, 1, RLENGTH - 1) }' {} + | sort
}

# The headers that need another one before them.
dependent_headers() {
	find applets lib ssl -name '*.h' | sort | while read -r header; do
		echo "#include \"$header\"" | ${HOSTCC:-cc} -std=c99 \
		    -D_GNU_SOURCE -fsyntax-only -I. -isystem "${BEARSSL:-obj/bearssl-0.6}/inc" \
		    -x c - 2>/dev/null ||
		    echo "$header"
	done
}

# FOLDER...: "LINES FILE", the longest last
by_length() { find "$@" -name '*.[ch]' -exec wc -l {} + | grep -v ' total$' | sort -n; }

# shellcheck disable=SC2086
functions $code | sort -n >"${TMPDIR:-/tmp}/functions.$$"
trap 'rm -f "${TMPDIR:-/tmp}/functions.$$"' EXIT
total=$(wc -l <"${TMPDIR:-/tmp}/functions.$$")
percentile() { sed -n "$((total * $1 / 100))p" "${TMPDIR:-/tmp}/functions.$$" | cut -d' ' -f1; }

echo "functions: $total"
echo "median function: $(percentile 50)"
echo "90 % of functions: $(percentile 90)"
echo "longest function: $(tail -n 1 "${TMPDIR:-/tmp}/functions.$$")"
echo "longest file of applets and lib: $(by_length applets lib | tail -n 1 | sed 's/^ *//')"
echo "longest file of the sender: $(by_length applets/send* | tail -n 1 | sed 's/^ *//')"
echo "files in the fullest folder: $(find applets lib ssl -name '*.[ch]' |
    sed 's,/[^/]*$,,' | sort | uniq -c | sort -n | tail -n 1 | sed 's/^ *//')"
echo "function names shared: $(shared_names | wc -l)"
echo "headers that do not compile alone: $(dependent_headers | wc -l)"
# shellcheck disable=SC2046
echo "files that include ssl.h: $(grep -l '#include ".*ssl/ssl\.h"' \
    $(find applets lib -name '*.[ch]') | wc -l)"
# shellcheck disable=SC2086
echo "lines of the product: $(cat $code | wc -l)"
echo "lines of the tests: $(find tests \( -name '*.c' -o -name '*.h' -o \
    -name '*.sh' -o -name '*.py' \) -exec cat {} + | wc -l)"
