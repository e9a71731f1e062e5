"""pyftpdlib as a server of its own; pyftpdlib.rs starts it.

Takes one argument, a JSON object with the keys read below.
"""

# `_strptime` and `encodings.idna` are loaded on first use otherwise, which is
# too late: see the end of `main`.
import _strptime  # noqa: F401
import encodings.idna  # noqa: F401
import json
import logging
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer


class ImplicitHandler(TLS_FTPHandler):
    """The handshake first, the greeting behind it.

    pyftpdlib has no implicit TLS of its own.
    """

    def handle(self):
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        super().handle()


def tls_context(handler, settings):
    from OpenSSL import SSL

    versions = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
    handler.certfile = settings["certificate"]
    handler.keyfile = settings["key"]
    context = handler.get_ssl_context()
    context.set_min_proto_version(versions[settings["minimum"]])
    context.set_max_proto_version(versions[settings["maximum"]])
    # Without a name for the server's sessions OpenSSL resumes none of them.
    context.set_session_id(b"pyftpdlib")


def main():
    settings = json.loads(sys.argv[1])
    logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)

    base = {"none": FTPHandler, "explicit": TLS_FTPHandler, "implicit": ImplicitHandler}[settings["tls"]]
    handler = type("Handler", (base,), {})
    if settings["tls"] != "none":
        handler.tls_control_required = True
        handler.tls_data_required = True
        tls_context(handler, settings)
    handler.passive_ports = range(settings["first_passive_port"], settings["last_passive_port"] + 1)
    # A wrong password costs three seconds by default.
    handler.auth_failed_timeout = 0
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_user(settings["user"], settings["password"], settings["root"], perm="elradfmwMT")
    for name, value in settings["attributes"].items():
        if not hasattr(handler, name):
            sys.exit(f"the handler has no attribute {name}")
        setattr(handler, name, value)

    server = FTPServer((settings["host"], settings["port"]), handler, backlog=1000)
    server.max_cons = 0
    server.max_cons_per_ip = 0

    # Only now, because the interpreter and the key are readable by the
    # starting user alone. Files then belong to whom they belong to on the
    # other servers, and an unreadable directory is unreadable.
    os.setgroups([])
    os.setgid(settings["gid"])
    os.setuid(settings["uid"])
    os.umask(0o022)
    server.serve_forever()


main()
