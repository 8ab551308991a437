# roots.sh - the CA list of the tree, what is left out of it, and `make roots`
# needs: openssl make
. tests/lib.sh
list=ssl/roots.pem folder=$T/mozilla
mkdir "$folder"

# Each certificate is a file, named as in the list.
awk -v to="$folder" '/^-----BEGIN/ { file = to "/" name ".crt"; print name }
file { print >file }
/^-----END/ { close(file); file = "" }
{ name = $0 }' "$list" >"$T/names"
count=$(grep -c '^-----BEGIN' "$list")
ok "there are roots ($count)" [ "$count" -gt 80 ]
is "no name twice" "$(find "$folder" -type f | wc -l)" "$count"
is "in the order of their names" "$(LC_ALL=C sort -c "$T/names" 2>&1)" ""
has "the list says of when it is" "$(head -n 5 "$list")" \
    '^Date: 20[0-9][0-9]-[01][0-9]-[0-3][0-9]$'

# A byte that was changed by mistake spoils a root's signature of itself.
unsound() {
	openssl verify -no_check_time -check_ss_sig -CAfile "$@" 2>&1 |
	    grep -v ': OK$'
}
is "each has signed itself" "$(unsound "$list" "$folder"/*.crt)" ""
sed '/^----/d' "$folder/ISRG_Root_X1.crt" | base64 -d >"$T/der"
printf '\001' | dd of="$T/der" bs=1 seek=700 conv=notrunc 2>"$T/log"
openssl x509 -inform DER -in "$T/der" -out "$T/bad.crt" 2>"$T/log"
has "a changed byte is noticed" "$(unsound "$T/bad.crt" "$T/bad.crt")" error
for f in "$folder"/*.crt; do
	sed '/^----/d' "$f" | base64 -d | sha256sum | cut -d' ' -f1
done | sort >"$T/sums"
is "none is there twice" "$(uniq -d "$T/sums")" ""

# --- distrust.txt
is "distrust.txt: sum, name, reason" "$(grep -vE \
    '^(#.*|[0-9a-f]{64} [^:]+: ((20[0-9]{2}-[01][0-9]-[0-3][0-9], NSS [0-9.]+)|(not for|in NSS).*)|)$' \
    ssl/distrust.txt)" ""
is "distrust.txt: no sum twice" \
    "$(grep -o '^[0-9a-f]\{64\}' ssl/distrust.txt | sort | uniq -d)" ""
grep -o '^[0-9a-f]\{64\}' ssl/distrust.txt >"$T/distrusted"
if [ "$(make -s show-CA_DIR)" = "$list" ]; then
	# shellcheck disable=SC2046,SC2091
	$(make -s show-BUNDLE) >"$T/bundle.c"
	is "the program has the others" \
	    "$(sed -n 's/.*bundle_count = \([0-9]*\);/\1/p' "$T/bundle.c")" \
	    "$(grep -vxFc -f "$T/distrusted" "$T/sums")"
fi

# --- make roots
roots() { sh ssl/roots.sh "$folder" "$T/roots.pem"; }
touch -d '2031-02-03 12:00 UTC' "$folder"/*.crt
touch -d '2031-02-04 23:59 UTC' "$folder/ISRG_Root_X1.crt"
cp "$list" "$T/roots.pem"
is "the same roots: nothing came or went" "$(roots)" \
    "$count roots, of 2031-02-04; before $count, $(sed -n 's/^Date: /of /p' "$list")"
is "only the date is another one" \
    "$(diff "$list" "$T/roots.pem" | grep -c '^[<>]')" 2
cp "$T/roots.pem" "$T/before.pem"
rm "$folder/ISRG_Root_X2.crt"
cp "$folder/ISRG_Root_X1.crt" "$folder/Another.crt"
cp "$folder/ISRG_Root_X1.crt" "$folder/ACCVRAIZ1.crt"
is "what came and went" "$(roots | LC_ALL=C sort | tr '\n' ' ')" \
    "+ ACCVRAIZ1 + Another - ACCVRAIZ1 - ISRG_Root_X2 $count roots, $(
	)of 2031-02-04; before $count, of 2031-02-04 "
cp "$T/roots.pem" "$T/before.pem"
rm "$folder"/*.crt
is "an empty folder is refused" "$(roots 2>&1 && echo 'it is not')" \
    "roots.sh: $folder: no .crt files"
ok "and the list stays" cmp "$T/roots.pem" "$T/before.pem"
