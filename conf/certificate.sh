#!/usr/bin/env bash
# certificate.sh FOLDER [NAME]: a certificate for NAME (localhost), signed by itself, and its key, in
# FOLDER/certificate.pem: enough to try an edge. What is there stays.
set -euo pipefail
folder=$1 name=${2:-localhost}
mkdir -p "$folder"
if [ -e "$folder/certificate.pem" ]; then
	exit 0
fi
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=$name" \
	-addext "subjectAltName=DNS:$name,IP:127.0.0.1" -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
cat "$folder/key.pem" >>"$folder/certificate.pem"
rm "$folder/key.pem"
