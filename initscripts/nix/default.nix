# nullmailer as a Nix expression: pkgs.callPackage ./. { }. Parsed by
# nix-instantiate; a build in nixpkgs has not been tried.
#
# Nothing in the store may be set-uid. The copy that is stands where
# security.wrappers puts it, and `wrappers` is that folder: the program is told
# to look there for it.
#
#   users.users.nullmail = { isSystemUser = true; group = "nullmail"; };
#   users.groups.nullmail = { };
#   security.wrappers = lib.genAttrs [ "nullmailer-queue" "mailq" ] (name: {
#     source = "${nullmailer}/bin/${name}";
#     owner = "nullmail"; group = "nullmail"; setuid = true;
#   });
#   systemd.tmpfiles.rules = [ "d /var/spool/nullmailer 0755 nullmail root" ];
{ lib, stdenv, fetchurl, patch, xz, wrappers ? "/run/wrappers/bin" }:

stdenv.mkDerivation rec {
  pname = "nullmailer";
  version = "@VERSION@";
  src = fetchurl {
    url = "https://example.org/nullmailer/nullmailer-${version}.tar.gz";
    sha256 = "@SHA256@";
  };
  nativeBuildInputs = [ patch xz ];
  enableParallelBuilding = true;
  # What the compiler's wrapper adds is for the system's C library; musl comes
  # with the archive.
  hardeningDisable = [ "all" ];
  makeFlags = [
    "WERROR="
    "CC=${stdenv.cc.targetPrefix}cc"
    "AR=${stdenv.cc.targetPrefix}ar"
    "BIN=${placeholder "out"}/bin"
    "SBIN=${wrappers}"
    "MODULES=${placeholder "out"}/libexec/nullmailer"
    "MAN=${placeholder "out"}/share/man"
    "CONFIG=/etc/nullmailer"
    "SPOOL=/var/spool/nullmailer"
    "OWNER=nullmail"
  ];
  checkTarget = "units";
  doCheck = true;
  # The programs know the wrappers' folder; their files are in the store.
  installPhase = ''
    runHook preInstall
    eval "$(make --no-print-directory $makeFlags SBIN=$out/bin \
      DESTDIR=$NIX_BUILD_TOP/root show-INSTALL) install"
    cp -R $NIX_BUILD_TOP/root$out $out
    runHook postInstall
  '';
  meta = {
    description = "Relay-only mail transport agent in one static binary";
    homepage = "https://example.org/nullmailer";
    license = with lib.licenses; [ mit mpl20 ];
    platforms = lib.platforms.linux;
    mainProgram = "sendmail";
  };
}
