# fetch.sh - sets REF to a folder with Debian's nullmailer 2.2, unpacked and not
# installed. Without apt there is no REF, and no column for it.
bench_cache=${PEER%/tests/peer}/bench
REF=$bench_cache/nullmailer-2.2
if [ ! -d "$REF" ]; then
	mkdir -p "$bench_cache/download" &&
	(cd "$bench_cache/download" && apt-get -qq -o APT::Sandbox::User=root \
	    download nullmailer) 2>/dev/null &&
	dpkg-deb -x "$bench_cache"/download/*.deb "$REF" || REF=
	rm -rf "$bench_cache/download"
fi
export REF
