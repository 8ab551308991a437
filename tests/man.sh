# man.sh - every program has a page, the pages are right mdoc, and every long
# option of a table of options is in its program's page
# needs: mandoc
. tests/lib.sh

# "FUNCTION PAGE FOLDER" of each program that has a page of its own: modules
# have names that other mailers use too, so their pages have longer ones
programs() {
	sed -n 's/^	X(\([a-z]*\), *"\(.*\)", *\([A-Z]*\), *SUID.*/\1 \2 \3/p' \
	    applets/applets.h | awk '
		$3 == "MODULES" { $2 = "nullmailer-" $2 }
		!seen[$3 == "MODULES" ? $2 : $1]++ { print $1, $2, $3 }'
}

# The names in rows such as { 'p', "port", OPT_UINT, ... }; a row may take
# two lines.
options() {
	tr '\n' ' ' <"$1" | grep -o "{[^{}\"]*,[[:space:]]*\"[a-z0-9-]*\",[[:space:]]*OPT_" |
	    sed 's/.*"\(.*\)".*/\1/'
}

# FILE PAGE: the options of FILE that PAGE does not name
undocumented() {
	for name in $(options "$1"); do
		grep -E '^\.(It|Op|Fl)' "$2" |
		    grep -qE -- "[ -]$name( |=|\$)" || echo "--$name"
	done
}

for f in applets/*.[1-8]; do
	is "$f is right" "$(mandoc -T lint -W warning "$f" 2>&1)" ""
done

programs >"$T/programs"
ok "there are programs" [ -s "$T/programs" ]
while read -r program name folder; do
	f=$(ls applets/"$name".[1-8] 2>/dev/null)
	ok "$name has one page" [ -f "$f" ]
	[ -f "$f" ] || continue
	source=applets/$program.c
	[ -f "$source" ] || source=applets/$program/$program.c
	is "$f has the options of $source" \
	    "$(undocumented "$source" "$f")" ""
	[ "$folder" = MODULES ] || continue
	for source in $(grep -l OPT_ lib/*/*.c | grep -v /opt.c); do
		is "$f has the options of $source" \
		    "$(undocumented "$source" "$f")" ""
	done
done <"$T/programs"

is "a missing option is noticed" "$(
	printf '.It Fl p , -port Ns = Ns Ar N\n' >"$T/page"
	printf "{ 'p', \"port\", OPT_UINT },\n{ 0, \"pin\",\n\tOPT_STRING }" \
	    >"$T/rows.c"
	undocumented "$T/rows.c" "$T/page")" "--pin"
