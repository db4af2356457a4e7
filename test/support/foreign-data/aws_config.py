"""Reads pairs of AWS files with botocore: JSON in, a list of profiles, or null for what it refuses, out."""

import json
import os
import sys
import tempfile

import botocore.exceptions
import botocore.session


def read(case):
    with tempfile.TemporaryDirectory() as folder:
        for variable, name in [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]:
            os.environ[variable] = os.path.join(folder, name)
            if case.get(name) is not None:
                with open(os.environ[variable], "w", newline="", encoding="utf-8") as file:
                    file.write(case[name])
        try:
            return botocore.session.Session().full_config["profiles"]
        except botocore.exceptions.BotoCoreError:
            return None


print(json.dumps([read(case) for case in json.load(sys.stdin)]))
