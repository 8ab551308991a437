# readme.sh - the README's table of programs, options and tests: all programs
# are there, the tests exist, and each option is named in one of its tests or,
# where it is ours alone, in a manual page
. tests/lib.sh

# Rows as "PROGRAM|OPTIONS|TESTS" without commas, only the options in quotes.
rows() {
	sed -n '/^| program | options | tests |$/,/^$/p' "$1" | sed '1,2d; /^$/d' | tr -d , |
	    sed 's/^| *//; s/ *|$//; s/ *| */|/g; s/^`\([^`]*\)`/\1/'
}
# FILE: what is wrong with the rows of a README
flaws() {
	rows "$1" | while IFS='|' read -r program options tests; do
		files=
		for t in $tests; do
			[ -f "tests/$t" ] && files="$files tests/$t" || echo "no tests/$t"
		done
		# The dialogues of smtp.sh are in a table, and some command lines.
		case $tests in *smtp.sh*) files="$files tests/data/talk.txt" ;; esac
		case $tests in *sendmail.sh*) files="$files tests/data/commands.txt" ;; esac
		for o in $(echo "$options" | grep -o '`[^`]*`' | tr -d '\140'); do
			# shellcheck disable=SC2086
			grep -qE -e "(^|[^a-z-])$o([^a-z-]|\$)" $files ||
			    echo "$program: $o is in none of $tests"
		done
	done
}
# PROGRAM: the long options of its --help
long_options() {
	"$NM" "$1" --help | sed -n 's/^  .\{4,\}--\([a-z0-9-]*\).*/\1/p'
}

rows README.md >"$T/rows"
ok "there is a table" [ "$(wc -l <"$T/rows")" -gt 8 ]
is "the tests name the options" "$(flaws README.md)" ""
"$NM" --list | cut -d' ' -f1 | grep -v '^newaliases$' >"$T/programs"
is "all programs are there" "$(while read -r p; do
	cut -d'|' -f1 "$T/rows" | grep -qw -e "$p" || echo "$p"
done <"$T/programs")" ""
is "every option is there or in the program's page" "$(while read -r p; do
	page=$(ls applets/"$p".[1-8] applets/"nullmailer-$p".[1-8] 2>/dev/null | head -n 1)
	for o in $(long_options "$p"); do
		grep -q -e "$o" "$T/rows" "$page" || echo "$p --$o"
	done
done <"$T/programs")" ""
{
	printf '| program | options | tests |\n|---|---|---|\n'
	printf '| `x` | `--no-such` | conform.sh |\n| `y` | | nothing.sh |\n'
} >"$T/bad"
is "a flaw is noticed" "$(flaws "$T/bad" | tr '\n' /)" \
    "x: --no-such is in none of conform.sh/no tests/nothing.sh/"
