# vectors.sh - the vectors of Project Wycheproof, each with the mistakes that
# other programs have made, through the unit tests of what is ours. They are
# looked for in $VECTORS, or in shared/vectors beside the tree.
# needs: python3
. tests/lib.sh

folder=${VECTORS:-../shared/vectors}
units=$(dirname "$PEER")/unit/ssl
if [ ! -d "$folder" ]; then
	echo "#= not run: no folder $folder"
	ok "# SKIP: no vectors" true
	exit
fi

# all KIND FILE: whether no line of it fails; says how many there were
all() {
	python3 tests/vectors.py "$1" "$folder/$2" >"$T/lines" || return
	"$units/$1" "$T/lines" >"$T/out" || {
		sed -n 's/^not ok/# wrong:/p' "$T/out"
		return 1
	}
	echo "#= $(grep -c '^ok' "$T/out") lines: $2"
	[ "$(grep -c '^ok' "$T/out")" -ge "$(wc -l <"$T/lines")" ]
}
if [ "$(make -s show-MLKEM)" = 1 ]; then
	for file in '' encaps_ keygen_seed_; do
		ok "ML-KEM, ${file:-decaps_}" all mlkem "mlkem_768_${file}test.json"
	done
fi
ok "Ed25519" all ed25519 ed25519_test.json
for file in 2048_sha256_mgf1_32 2048_sha256_mgf1_32_params \
    4096_sha384_mgf1_48 4096_sha512_mgf1_64; do
	ok "RSA-PSS, $file" all pss "rsa_pss_${file}_test.json"
done
