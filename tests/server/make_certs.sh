#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make_certs.sh DIR: an authority of our own and server certificates for the tests, good and bad.
#
#   ca.pem ca.der     the authority that the tests make trusted (ca.der is what trustca.exe reads)
#   server            localhost, *.wild.test, 127.0.0.1 and ::1, signed by the authority
#   expired, notyet   the same names, outside their time
#   wrongname         signed by the authority, for another host
#   wrongusage        signed by the authority, for clients only
#   selfsigned        signed by itself
#   stranger          signed by an authority that nobody trusts
#   client            a client certificate
#   short256 short521 localhost, by an elliptic authority below ours, whose signature has a number shorter than the curve:
#                     such certificates are rare, so they are kept beside this script, each with its key and the public
#                     key of its authority
#   spoilt            short256 with another signature
#
# Each NAME is NAME.pem with its key in NAME.key. A directory that is complete already is left as it is.

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
dir=$1
names='subjectAltName=DNS:localhost,DNS:*.wild.test,IP:127.0.0.1,IP:::1'
server='extendedKeyUsage=serverAuth'

[ ! -e "$dir/complete" ] || exit 0
mkdir -p "$dir/db"
cd "$dir"

# RSA, not elliptic curves: what crypt32 of Wine 8 thinks of an ECDSA signature is chance, see short256.
make_key() {
    openssl genrsa -out "$1.key" 2048
}

# make_authority NAME SUBJECT
make_authority() {
    make_key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 3650 -out "$1.pem" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# make_signed NAME AUTHORITY FROM UNTIL EXTENSION...: `openssl ca`, since `openssl x509` cannot be told the dates.
make_signed() {
    name=$1 authority=$2 from=$3 until=$4
    shift 4
    make_key "$name"
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    {
        printf '[ca]\ndefault_ca=it\n[it]\ndatabase=db/index\nnew_certs_dir=db\nrand_serial=yes\n'
        printf 'default_md=sha256\nunique_subject=no\npolicy=any\n[any]\ncommonName=supplied\n[ext]\n'
        printf 'basicConstraints=critical,CA:FALSE\n'
        printf '%s\n' "$@"
    } >"db/$name.cnf"
    : >db/index
    openssl ca -batch -notext -config "db/$name.cnf" -extensions ext -cert "$authority.pem" -keyfile "$authority.key" \
        -startdate "$from" -enddate "$until" -in "$name.csr" -out "$name.pem"
    rm "$name.csr"
}

# make_short NAME SUBJECT: the certificate kept as NAME.pem, with a new one for its authority behind it.
make_short() {
    openssl pkey -in "$here/$1.pem" -out "$1.key"
    openssl pkey -pubin -in "$here/$1.pem" -out "$1.pub"
    printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >"$1.cnf"
    openssl x509 -new -force_pubkey "$1.pub" -subj "/CN=$2" -days 3650 -extfile "$1.cnf" -CA ca.pem -CAkey ca.key \
        -set_serial "$(date +%s)" -out "$1-ca.pem"
    openssl x509 -in "$here/$1.pem" | cat - "$1-ca.pem" >"$1.pem"
}

# make_spoilt NAME FROM: the certificate FROM with one bit of its signature changed, and the rest of its file.
make_spoilt() {
    openssl x509 -in "$2.pem" -outform DER -out "$1.der"
    last=$(tail -c 1 "$1.der" | od -An -tu1)
    {
        head -c -1 "$1.der"
        # shellcheck disable=SC2059  # the format is the byte
        printf "\\$(printf %03o $((last ^ 1)))"
    } | openssl x509 -inform DER | cat - "$2-ca.pem" >"$1.pem"
    cp "$2.key" "$1.key"
}

year=$(date -u +%Y)
past=$((year - 2))0101000000Z
yesteryear=$((year - 1))0101000000Z
future=$((year + 3))0101000000Z
later=$((year + 5))0101000000Z

{
    make_authority ca 'Test Authority'
    make_authority stranger-ca 'Unknown Authority'
    openssl x509 -in ca.pem -outform DER -out ca.der
    make_signed server ca "$past" "$future" "$names" "$server"
    make_signed expired ca "$past" "$yesteryear" "$names" "$server"
    make_signed notyet ca "$future" "$later" "$names" "$server"
    make_signed wrongname ca "$past" "$future" 'subjectAltName=DNS:elsewhere.test' "$server"
    make_signed wrongusage ca "$past" "$future" "$names" 'extendedKeyUsage=clientAuth'
    make_signed stranger stranger-ca "$past" "$future" "$names" "$server"
    make_signed client ca "$past" "$future" 'extendedKeyUsage=clientAuth'
    make_short short256 'Short Signatures 256'
    make_short short521 'Short Signatures 521'
    make_spoilt spoilt short256
    make_key selfsigned
    openssl req -x509 -new -key selfsigned.key -subj '/CN=localhost' -days 365 -out selfsigned.pem \
        -addext "$names" -addext "$server"
} 2>openssl.log || {
    cat openssl.log >&2
    exit 1
}
: >complete
