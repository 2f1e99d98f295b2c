#!/usr/bin/python3
"""notify.py ADDRESS OUT [READY]: what a service manager hears (sd_notify(3)) at ADDRESS, a path or '@' and a name, and of whom:
a line a message into OUT, "MS PID TEXT", with '|' between two lines of it. With READY, a file, READY=1 says whether it was
there by then."""
import os
import socket
import struct
import sys
import time

address, out = sys.argv[1], open(sys.argv[2], "w", buffering=1)
ready = sys.argv[3] if len(sys.argv) > 3 else None
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
ear.bind("\0" + address[1:] if address[0] == "@" else address)
if address[0] != "@":
    os.chmod(address, 0o777)
print("listening", flush=True)
while True:
    message, control, _, _ = ear.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize("3i")))
    pid = struct.unpack("3i", control[0][2][:struct.calcsize("3i")])[0] if control else 0
    text = message.decode("utf-8", "backslashreplace").replace("\n", "|")
    if ready and "READY=1" in text:
        text += "|(file)" if os.path.exists(ready) and os.path.getsize(ready) else "|(no file)"
    print("%d %d %s" % (time.monotonic() * 1000, pid, text), file=out)
