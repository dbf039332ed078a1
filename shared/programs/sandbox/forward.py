"""Stands before an installer in its room: loopback on one side, the proxy's socket behind.

An installer speaks to a proxy at an address, and the room has no network but its own loopback. The program trusts
nobody and decides nothing: what may be reached is decided outside (`registry_proxy.py`).
"""

import os
import socket
import subprocess
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    way_out = socket.socket(socket.AF_UNIX)
    try:
        way_out.connect(sys.argv[1])
    except OSError:
        client.close()
        return
    back = threading.Thread(target=pump, args=(way_out, client), daemon=True)
    back.start()
    pump(client, way_out)
    back.join()
    client.close()
    way_out.close()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
status = subprocess.call(sys.argv[2:], env={**os.environ, **dict.fromkeys(names, proxy)})
os._exit(status if status >= 0 else 128 - status)
