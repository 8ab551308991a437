#!/bin/sh
# sbom.sh NAME VERSION DATE MUSL BEARSSL - what the program is made of, as an
# SPDX document in JSON, on stdout. MUSL and BEARSSL are their source archives,
# whose names hold their versions; DATE is that of the release.
set -eu
name=$1 version=$2 date=$3 musl=$4 bearssl=$5
sum() { sha256sum "$1" | cut -d' ' -f1; }
version_of() {
	echo "${1##*/}" | sed 's/^[a-z]*_\([0-9.]*[0-9]\).*/\1/'
}

# package ID VERSION LICENCE SUPPLIER FILE
package() {
	cat <<END
  {
   "SPDXID": "SPDXRef-$1",
   "name": "$1",
   "versionInfo": "$2",
   "supplier": "Organization: $4",
   "downloadLocation": "NOASSERTION",
   "filesAnalyzed": false,
   "licenseDeclared": "$3",
   "licenseConcluded": "$3",
   "copyrightText": "NOASSERTION",
   "packageFileName": "${5##*/}",
   "checksums": [{"algorithm": "SHA256", "checksumValue": "$(sum "$5")"}]
  },
END
}
# relation TYPE ID: of the program to a part of it
relation() {
	cat <<END
  {
   "spdxElementId": "SPDXRef-nullmailer",
   "relationshipType": "$1",
   "relatedSpdxElement": "SPDXRef-$2"
  },
END
}

cat <<END
{
 "spdxVersion": "SPDX-2.3",
 "dataLicense": "CC0-1.0",
 "SPDXID": "SPDXRef-DOCUMENT",
 "name": "$name",
 "documentNamespace": "https://example.org/nullmailer/sbom/$name",
 "creationInfo": {
  "created": "$(date -u -d "@$date" +%Y-%m-%dT%H:%M:%SZ)",
  "creators": ["Tool: initscripts/sbom.sh"]
 },
 "packages": [
END
package musl "$(version_of "$musl")" MIT "musl libc" "$musl"
package bearssl "$(version_of "$bearssl")" MIT "Thomas Pornin" "$bearssl"
package ca-list "$(sed -n 's/^Date: //p' ssl/roots.pem)" MPL-2.0 Mozilla \
    ssl/roots.pem
cat <<END
  {
   "SPDXID": "SPDXRef-nullmailer",
   "name": "nullmailer",
   "versionInfo": "$version",
   "supplier": "NOASSERTION",
   "downloadLocation": "NOASSERTION",
   "filesAnalyzed": false,
   "licenseDeclared": "MIT",
   "licenseConcluded": "MIT AND MPL-2.0",
   "copyrightText": "$(sed -n 's/^Copyright (c)/Copyright/p' LICENSE)"
  }
 ],
 "relationships": [
END
relation STATIC_LINK musl
relation STATIC_LINK bearssl
relation CONTAINS ca-list
cat <<END
  {
   "spdxElementId": "SPDXRef-DOCUMENT",
   "relationshipType": "DESCRIBES",
   "relatedSpdxElement": "SPDXRef-nullmailer"
  }
 ]
}
END
