# pkits.sh - NIST's test suite for the validation of certification paths:
# pki/pkits.txt. With PEERS=yes, as tests/interop/pkits.sh has it, a table of
# the sections has the verdicts of openssl and certtool too.
# needs: openssl make cc=gcc xz=xz-utils /usr/include/stdio.h=libc6-dev
. tests/lib.sh
. tests/pki/lib.sh

program check "$build_date" "$T/absent"
mkdir "$T/nist"
tar -xJf tests/pki/pkits.tar.xz -C "$T/nist" || die "tests/pki/pkits.tar.xz"
rows=$PWD/tests/pki/pkits.txt
cd "$T/nist" || exit 1
root=TrustAnchorRootCertificate

# read_more WORDS: sets $host $na $lists $anchors
read_more() {
	host='' na='' lists='' anchors=
	for word in $1; do
		case $word in
		host=*) host=${word#*=} ;;
		na=*) na=${word#*=} ;;
		list=*) lists="$lists ${word#*=}.crl" ;;
		anchor=*) anchors="$anchors ${word#*=}.crt" ;;
		esac
	done
}

# ours CERTIFICATE...: valid or invalid. A list's issuer has to be an anchor. A
# certificate is valid, too, when only the name of the host is wrong.
# shellcheck disable=SC2086
ours() {
	server=$1
	shift
	if [ -n "$lists" ]; then
		cat $root.crt "$@" $anchors >ca
		cat $lists >crl
	else
		cp $root.crt ca
	fi
	said=$("$T/check" -w "$build_date" -a ca ${lists:+-r crl} \
	    "${host:-host.invalid}" "$server" "$@" 2>&1)
	case $host,$said in
	?*,ok|,*'does not match hostname'*) echo valid ;;
	*': '*) echo invalid ;;
	*) echo "$said" ;;
	esac
}

# pem KIND FILE...: as openssl and certtool read several
pem() {
	kind=$1
	shift
	for f; do openssl "$kind" -inform DER -in "$f"; done
}

# shellcheck disable=SC2086
openssl_says() {
	pem x509 $root.crt >ca
	pem x509 "$@" $anchors >chain
	[ -z "$lists" ] || pem crl $lists >crl
	openssl verify -attime "$build_date" -CAfile ca -untrusted chain \
	    ${lists:+-crl_check_all -CRLfile crl} "$1"
}

# shellcheck disable=SC2086
certtool_says() {
	pem x509 $root.crt >ca
	pem x509 "$@" >chain
	[ -z "$lists" ] || pem crl $lists >crl
	certtool --verify --verify-profile=low --load-ca-certificate=ca \
	    ${lists:+--load-crl=crl} --infile=chain
}

# It knows no time but the clock's, and the certificates end with 2030.
certtool_can() {
	[ "$(date +%s)" -gt "$build_date" ] && [ "$(date +%Y)" -lt 2031 ]
}

# peer NAME VERDICT COMMAND...: the peer's name when it is right
peer() {
	peer=$1 right=$2
	shift 2
	if "$@" >log 2>&1; then is=valid; else is=invalid; fi
	[ "$is" != "$right" ] || echo "$peer"
}

while IFS='|' read -r test wanted certificates more; do
	case $test in ''|'#'*) continue ;; esac
	trim "$test"; test=$trimmed
	trim "$wanted"; wanted=$trimmed
	case $certificates in
	*na=*)
		echo "$test $wanted" >>tally
		continue ;;
	esac
	read_more "$more"
	set --
	for name in $certificates; do set -- "$@" "$name.crt"; done
	got=$(ours "$@")
	if [ -z "$na" ]; then
		is "$test, ${1%.crt}" "$got" "$wanted"
	elif [ "$wanted" = invalid ] && [ "$na" != open ]; then
		is "$test, ${1%.crt}: not accepted" "$got" invalid
	fi
	[ "$got" = "$wanted" ] && right=right || right=wrong
	peers=''
	[ "${PEERS:-}" != yes ] ||
		peers=$(peer openssl "$wanted" openssl_says "$@")
	[ "${PEERS:-}" != yes ] || ! certtool_can ||
		peers="$peers $(peer certtool "$wanted" certtool_says "$@")"
	echo "${test%.*} 1 ${na:-$right} $peers" >>tally
done <"$rows"
ok "every test of the suite is in the table" \
    [ "$(awk '{ n += $2 } END { print n }' tally)" -eq 224 ]

# The sections, each with the tests that are for us, and how many of these the
# peers have right.
table() {
	awk '{ n[$1] += $2 }
	$3 == "right" || $3 == "wrong" {
		us[$1]++; right[$1] += $3 == "right"
		o[$1] += / openssl/; c[$1] += / certtool/
	}
	END { for (s in n) print s, n[s], right[s] + 0, us[s] - right[s],
	    n[s] - us[s], o[s] + 0, c[s] + 0 }' tally | sort -V |
	awk 'BEGIN { row = "#= %-8s %5s %6s %6s %8s %9s %9s\n"
	    printf row, "section", "tests", "right", "wrong", "not ours",
	    "openssl", "certtool" }
	{ printf row, $1, $2, $3, $4, $5, $6, $7 }'
}
[ "${PEERS:-}" != yes ] || table
