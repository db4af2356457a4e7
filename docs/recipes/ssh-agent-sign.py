#!/usr/bin/env python3
"""Signs standard input with a key in ssh-agent, for --signer-command.

usage: ssh-agent-sign.py PUBLIC_KEY_FILE    (a line of "ssh-keygen -y" or "ssh-add -L", such as ~/.ssh/id_ecdsa.pub)

RSA keys and ECDSA keys on P-256: the agent hashes for larger curves with another hash than AWS takes.
Protocol: draft-ietf-sshm-ssh-agent, section 3.6; signature formats: RFC 8332 and RFC 5656.
"""
import base64, os, socket, struct, sys

SIGN_REQUEST, SIGN_RESPONSE, RSA_SHA2_256 = 13, 14, 2


def string(data):
    return struct.pack(">I", len(data)) + data


def strings(data):
    while data:
        (length,) = struct.unpack(">I", data[:4])
        yield data[4 : 4 + length]
        data = data[4 + length :]


def read(connection, length):
    data = b""
    while len(data) < length:
        chunk = connection.recv(length - len(data))
        if not chunk:
            sys.exit("ssh-agent closed the connection")
        data += chunk
    return data


key = base64.b64decode(open(sys.argv[1]).read().split()[1])
request = bytes([SIGN_REQUEST]) + string(key) + string(sys.stdin.buffer.read()) + struct.pack(">I", RSA_SHA2_256)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(os.environ["SSH_AUTH_SOCK"])
    connection.sendall(string(request))
    answer = read(connection, struct.unpack(">I", read(connection, 4))[0])
if answer[0] != SIGN_RESPONSE:
    sys.exit("ssh-agent does not have the key, or refuses to use it")
kind, signature = strings(next(strings(answer[1:])))
if kind == b"rsa-sha2-256":
    sys.stdout.buffer.write(signature)
elif kind == b"ecdsa-sha2-nistp256":
    r, s = (part.lstrip(b"\0").rjust(32, b"\0") for part in strings(signature))
    sys.stdout.buffer.write(r + s)
else:
    sys.exit("a key of type %s cannot sign for AWS" % kind.decode())
