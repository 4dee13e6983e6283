#!/usr/bin/env python3
"""Checks that a dossier of Heng is unchanged: python3 verify_dossier.py FILE.html [SHA-256 noted elsewhere]

Needs Python 3.8 and nothing else. A dossier's digest is the SHA-256 of the file with 64 zeros wherever the digest
stands. Compare it with the one the bureau noted: a digest in the file shows that it is unchanged, not who made it.
Exit code: 0 unchanged, 1 changed, 2 no dossier.
"""

import hashlib
import re
import sys

PART = re.compile(rb"<!--part:([a-z0-9-]+)-->(.*?)<!--end:\1-->", re.DOTALL)
ZEROS = b"0" * 64
MARKS = (b'<meta name="heng-digest"', b'<meta name="heng-parts"', b"<!--part:")


def check(data, noted=""):
    """Exit code and lines to print."""
    said = re.findall(rb'<meta name="heng-digest" content="([0-9a-f]{64})">', data)
    if len(said) != 1:
        if any(mark in data for mark in MARKS):
            return 1, ["changed: the digest it carries was blanked, or another one added"]
        return 2, ["no dossier: the file carries no digest"]
    zeroed = data.replace(said[0], ZEROS)
    if hashlib.sha256(zeroed).hexdigest().encode() == said[0]:
        if noted and noted.strip().lower().encode() != said[0]:
            return 1, ["another dossier: it carries SHA-256 " + said[0].decode()]
        return 0, ["intact: SHA-256 " + said[0].decode()]
    listed = re.search(rb'<meta name="heng-parts" content="([a-z0-9= -]*)">', data)
    pairs = [pair.split(b"=") for pair in listed.group(1).split()] if listed else []
    if any(len(pair) != 2 for pair in pairs):
        return 1, ["changed: outside its parts"]
    wanted = dict(pairs)
    found = [(name, hashlib.sha256(body).hexdigest().encode()) for name, body in PART.findall(zeroed)]
    changed = [name for name, body in found if wanted.get(name) != body]
    changed += [name for name in wanted if name not in dict(found)]
    lines = ["changed: " + name.decode() for name in dict.fromkeys(changed)]
    if sorted(dict(found)) == sorted(wanted) and [name for name, _ in found] != list(wanted):
        lines.append("changed: the order of its parts")
    return 1, lines or ["changed: outside its parts (head, style, digests or the space between)"]


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("python3 verify_dossier.py FILE.html [SHA-256]")
    with open(sys.argv[1], "rb") as stream:
        code, told = check(stream.read(), sys.argv[2] if len(sys.argv) == 3 else "")
    print("\n".join(told))
    sys.exit(code)
