"""Prints PBES2 vectors as JSON: PBKDF2 of Python's hashlib, ciphers of python3-cryptography.

Nothing is drawn by lot, so that every run has the same vectors.
"""

import hashlib
import json
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, TripleDES
from cryptography.hazmat.primitives.padding import PKCS7


def stream(label, length):
    """Bytes that look random and are not."""
    return hashlib.shake_128(label.encode()).digest(length)


def vector(number, comment, *, password, salt, iterations, length, prf, algorithm, key_bytes):
    key = hashlib.pbkdf2_hmac(prf, password, salt, iterations, key_bytes)
    cipher = algorithm(key)
    iv = stream(f"iv {number}", cipher.block_size // 8)
    message = stream(f"message {number}", length)
    padder = PKCS7(cipher.block_size).padder()
    encryptor = Cipher(cipher, modes.CBC(iv)).encryptor()
    padded = padder.update(message) + padder.finalize()
    return {
        "tcId": number,
        "comment": comment,
        "password": password.hex(),
        "salt": salt.hex(),
        "iterationCount": iterations,
        "iv": iv.hex(),
        "msg": message.hex(),
        "ct": (encryptor.update(padded) + encryptor.finalize()).hex(),
    }


def cases():
    """(comment, what differs from a password, a salt, 100 iterations and 100 bytes)"""
    for length in [0, 1, 15, 16, 17, 31, 32, 33, 64, 1000]:
        yield f"{length} bytes", {"length": length}
    # HMAC hashes a key that is longer than its block: 64 bytes, or 128.
    for length in [0, 1, 63, 64, 65, 127, 128, 129, 1000]:
        yield f"a password of {length} bytes", {"password": b"p" * length}
    for text in ["Grüße", "世界", "🔑", "a\0b", "\u00a0", "e\u0301", "é", " ", "\ufb03", "\ud7ff"]:
        yield f"the password {text!r}", {"password": text.encode()}
    for length in [0, 1, 7, 8, 16, 64, 65, 128, 1024]:
        yield f"a salt of {length} bytes", {"salt": stream("salt", length)}
    for count in [1, 2, 3, 1000, 10_000]:
        yield f"{count} iterations", {"iterations": count}


prf, cipher, key_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
usual = {"password": b"password", "salt": b"saltsalt", "iterations": 100, "length": 100}
kind = {"prf": prf, "algorithm": {"aes": AES, "3des": TripleDES}[cipher], "key_bytes": key_bytes}
made = [vector(n, comment, **{**usual, **change}, **kind) for n, (comment, change) in enumerate(cases())]
print(json.dumps(made))
