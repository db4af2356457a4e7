"""Canonical requests and strings to sign by botocore: a list of requests as JSON in, a list of pairs out."""

import json
import sys
from types import SimpleNamespace

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.compat import HTTPHeaders


def signed(case):
    headers = HTTPHeaders()
    for name, value in case["headers"]:
        headers.add_header(name, value)
    request = SimpleNamespace(
        method=case["method"],
        url=f"https://h.example{case['path']}?{case['query']}",
        headers=headers,
        params={},
        body=case["body"].encode(),
        context={"timestamp": case["date"]},
    )
    auth = (SigV4Auth if case["normalise"] else S3SigV4Auth)(None, "service", "eu-central-1")
    canonical = auth.canonical_request(request)
    return {"canonical": canonical, "toSign": auth.string_to_sign(request, canonical)}


print(json.dumps([signed(case) for case in json.load(sys.stdin)]))
