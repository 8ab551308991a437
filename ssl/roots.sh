#!/bin/sh
# roots.sh FOLDER FILE - `make roots`: writes the tree's CA list anew, from the
# .crt files in FOLDER, and says what came and went. The list is of the day on
# which the newest of the files was made; distrust.txt applies later, when a
# program is built.
set -eu
folder=$1 file=$2
export LC_ALL=C

newest=
for f in "$folder"/*.crt; do
	[ -f "$f" ] || { echo "roots.sh: $folder: no .crt files" >&2; exit 1; }
	[ -n "$newest" ] && [ ! "$f" -nt "$newest" ] || newest=$f
done

# certificates FILE: a line "NAME BASE64" for each; the name stands above it
certificates() {
	awk '/^-----BEGIN/ { body = ""; inside = 1; next }
	/^-----END/ { print name, body; inside = 0; next }
	inside { body = body $0; next }
	{ name = $0 }' "$1" | sort
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
{
	cat <<-END
	Mozilla's list of certificate authorities that may sign for servers, under
	the Mozilla Public License 2.0, as distributed in Debian's ca-certificates.
	Written by \`make roots\`.
	Date: $(date -u -r "$newest" +%Y-%m-%d)
	END
	for f in "$folder"/*.crt; do
		name=${f##*/}
		printf '\n%s\n' "${name%.crt}"
		sed -n '/^-----BEGIN CERT/,/^-----END CERT/p' "$f"
	done
} >"$tmp/roots"
[ -e "$file" ] || : >"$file"
certificates "$file" >"$tmp/old"
certificates "$tmp/roots" >"$tmp/new"
comm -23 "$tmp/old" "$tmp/new" | sed 's/^\(.*\) .*/- \1/'
comm -13 "$tmp/old" "$tmp/new" | sed 's/^\(.*\) .*/+ \1/'
echo "$(wc -l <"$tmp/new") roots, $(sed -n 's/^Date: /of /p' "$tmp/roots");" \
	"before $(wc -l <"$tmp/old"), $(sed -n 's/^Date: /of /p' "$file")"
cp "$tmp/roots" "$file"
