# ssl_taint.sh - no branch and no address in ML-KEM depends on a secret
# needs: valgrind
. tests/lib.sh

under() { valgrind -q --error-exitcode=9 "$(dirname "$PEER")/ssl_taint" "$@" >"$T/out" 2>&1; }
if [ "$(make -s show-MLKEM)" != 1 ]; then
	echo "#= not run: this build has no ML-KEM"
	ok "# SKIP: no ML-KEM" true
	exit
fi
under branch
is "a branch on the secret is noticed" "$? $(grep -c 'depends on uninit' "$T/out")" "9 1"
under
is "ML-KEM has none" "$?" 0
has "and came to its end" "$(cat "$T/out")" '^the secret'
