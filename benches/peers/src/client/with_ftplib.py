"""Moves files by ftplib: DIRECTION HOST PORT USER PASSWORD BLOCK LIST SOURCE [AUTHORITY]."""

import ssl
import sys
import time
from ftplib import FTP, FTP_TLS

direction, host, port, user, password, block, files, source, *authority = sys.argv[1:]
started = time.monotonic()
if authority:
    ftp = FTP_TLS(context=ssl.create_default_context(cafile=authority[0]))
else:
    ftp = FTP()
ftp.connect(host, int(port))
ftp.login(user, password)
if authority:
    ftp.prot_p()
login = time.monotonic() - started

with open(files) as lines:
    content = [line.rstrip("\n").split("\t") for line in lines]
for name, sent, size in content:
    if direction == "up":
        with open(f"{source}/{name}", "rb") as file:
            ftp.storbinary(f"STOR {sent}", file, int(block))
    else:
        fetched = 0

        def count(chunk):
            global fetched
            fetched += len(chunk)

        ftp.retrbinary(f"RETR {name}", count, int(block))
        if fetched != int(size):
            sys.exit(f"{name}: {fetched} bytes in place of {size}")
ftp.quit()
if not content:
    print(f"seconds {login}")
