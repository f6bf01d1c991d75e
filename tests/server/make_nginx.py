#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""make_nginx.py DIR CERTS STUB_PORT: writes DIR/nginx.conf and the files that nginx serves, on free loopback ports.

Prints one line "NAME_PORT=n" for each listener:

  HTTP                       plain
  HTTPS                      TLS 1.2 and 1.3 with the good certificate
  TLS12 TLS13                the same, one version only
  EXPIRED NOTYET WRONGNAME WRONGUSAGE SELFSIGNED STRANGER SHORT256 SHORT521 SPOILT
                             HTTPS with the certificate of that name, see make_certs.sh
  CLIENTCERT CLIENTASK       HTTPS that demands, or asks for, a client certificate

Every listener serves the same tree. The content of a file of N bytes is the test pattern: the byte at offset i is i % 251.

  /size/N                    N in SIZES below; with Content-Length, and 206 for ranges
  /chunked/N                 the same without a length, chunked
  /empty                     200 with Content-Length: 0
  /none /unchanged           204 and 304
  /connection                the number of nginx's connection, as text
  /close                     5 bytes and "Connection: close"
  /stub/NAME                 the script NAME of the scripted server, through nginx as a proxy
"""
import os
import socket
import sys

SIZES = (1, 127, 4096, 8192, 65537, 1000000, 16777216, 104857600)
LISTENERS = {
    "HTTP": None,
    "HTTPS": ("server", ""),
    "TLS12": ("server", "ssl_protocols TLSv1.2;"),
    "TLS13": ("server", "ssl_protocols TLSv1.3;"),
    "EXPIRED": ("expired", ""),
    "NOTYET": ("notyet", ""),
    "WRONGNAME": ("wrongname", ""),
    "WRONGUSAGE": ("wrongusage", ""),
    "SELFSIGNED": ("selfsigned", ""),
    "STRANGER": ("stranger", ""),
    "SHORT256": ("short256", ""),
    "SHORT521": ("short521", ""),
    "SPOILT": ("spoilt", ""),
    "CLIENTCERT": ("server", "ssl_verify_client on; ssl_client_certificate {certs}/ca.pem;"),
    "CLIENTASK": ("server", "ssl_verify_client optional; ssl_client_certificate {certs}/ca.pem;"),
}

MAIN = """\
daemon off;
{user}worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/nginx-error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {dir}/tmp-body;
    proxy_temp_path {dir}/tmp-proxy;
    fastcgi_temp_path {dir}/tmp-fastcgi;
    uwsgi_temp_path {dir}/tmp-uwsgi;
    scgi_temp_path {dir}/tmp-scgi;
    default_type application/octet-stream;
    client_max_body_size 200m;
    keepalive_timeout 60;
    ssl_protocols TLSv1.2 TLSv1.3;
{servers}}}
"""

SERVER = """\
    server {{
        listen 127.0.0.1:{port}{ssl} backlog=1024;
{tls}        root {dir}/files;
        location /chunked/ {{ alias {dir}/files/size/; ssi on; ssi_types *; }}
        location = /empty {{ return 200; }}
        location = /none {{ return 204; }}
        location = /unchanged {{ return 304; }}
        location = /connection {{ return 200 "$connection"; }}
        location = /close {{ keepalive_timeout 0; return 200 "hello"; }}
        location /stub/ {{ proxy_pass http://127.0.0.1:{stub}/; proxy_http_version 1.1; }}
    }}
"""


def free_ports(count):
    """Ports that were free a moment ago: all are held open together, so that no two are the same."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def write_pattern(path, size):
    block = bytes(range(251)) * 4178
    with open(path, "wb") as out:
        while size > 0:
            size -= out.write(block[: min(size, len(block))])


def server_block(directory, certs, stub, port, tls):
    lines = ""
    if tls:
        name, extra = tls
        lines = f"        ssl_certificate {certs}/{name}.pem;\n        ssl_certificate_key {certs}/{name}.key;\n"
        if extra:
            lines += "        " + extra.format(certs=certs) + "\n"
    return SERVER.format(port=port, ssl=" ssl" if tls else "", tls=lines, dir=directory, stub=stub)


def main():
    directory, certs, stub = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
    os.makedirs(os.path.join(directory, "files", "size"), exist_ok=True)
    for size in SIZES:
        path = os.path.join(directory, "files", "size", str(size))
        if not os.path.exists(path) or os.path.getsize(path) != size:
            write_pattern(path, size)
    servers = ""
    for (name, tls), port in zip(LISTENERS.items(), free_ports(len(LISTENERS))):
        servers += server_block(directory, certs, stub, port, tls)
        print(f"{name}_PORT={port}")
    user = "user root;\n" if os.geteuid() == 0 else ""
    with open(os.path.join(directory, "nginx.conf"), "w", encoding="ascii") as out:
        out.write(MAIN.format(user=user, dir=directory, servers=servers))


if __name__ == "__main__":
    main()
