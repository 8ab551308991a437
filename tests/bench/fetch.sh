# fetch.sh - sets REF to a folder with Debian's nullmailer 2.2, unpacked and not
# installed. Without apt there is no REF, and no column for it.
REF=${PWD}/obj/bench/nullmailer-2.2
if [ ! -d "$REF" ]; then
	mkdir -p obj/bench/download &&
	(cd obj/bench/download && apt-get -qq -o APT::Sandbox::User=root \
	    download nullmailer) 2>/dev/null &&
	dpkg-deb -x obj/bench/download/*.deb "$REF" || REF=
	rm -rf obj/bench/download
fi
export REF
