# mlkem.sh - Node.js 24, whose OpenSSL has X25519MLKEM768, as a server that takes
# no other group and one that prefers it. NODE names one that is there; else npm
# gets it, if there is one: Debian 12 has no such server.
if [ "${NAMESPACES:-}" != own ]; then
	folder=$PWD/obj/interop/node
	NODE=${NODE:-$folder/node_modules/node/bin/node}
	export NODE
	[ -x "$NODE" ] || ! command -v npm >/dev/null || {
		mkdir -p "$folder"
		timeout 200 npm install --silent --prefix "$folder" node@24 >&2
	}
fi
. tests/interop/lib.sh
if [ ! -x "$NODE" ] || [ "$(make -s show-MLKEM)" != 1 ]; then
	echo "#= not run: no Node.js 24 and no npm to get it with, or MLKEM=0"
	ok '# SKIP: no server with ML-KEM' true
	exit
fi
. tests/ssl/lib.sh
ok "certificates were made" make_pki rsa ec

cat >server.js <<'END'
const [curve, port] = process.argv.slice(2);
const fs = require('fs');
const options = {
	key: fs.readFileSync('ec.key'), cert: fs.readFileSync('ec.pem'),
	minVersion: 'TLSv1.3',
};
if (curve !== 'auto')
	options.ecdhCurve = curve;
require('tls').createServer(options, (s) => {
	s.on('error', () => {});
	s.pipe(s);
}).listen(+port, '127.0.0.1', () => console.log('listening'));
END
for curve in X25519MLKEM768 X25519MLKEM768:X25519 X25519 auto; do
	start listening "$NODE" server.js $curve
	plain "$curve" "$(echo_line "$port" cafile=ca.pem)"
	[ $curve != X25519MLKEM768 ] ||
	    has "... is not in TLS 1.2" "$(echo_line "$port" cafile=ca.pem \
	    tls_max12=1)" '^failed: '
	out=$(client -n 50 -s "hello$lf" -e hello "$port" cafile=ca.pem)
	is "50 sessions" "$(printf '%s\n' "$out" | sed '/ us of CPU/d')" closed
	printf '%s\n' "$out" | sed -n "s/.* us of CPU/#= $curve: &/p"
	halt
done
