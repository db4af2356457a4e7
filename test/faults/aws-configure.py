"""What `aws configure set` does, as often as told, by the AWS CLI's own writer and not a copy of it.

aws-configure.py FILE ROUNDS: sets a key of the profile `theirs` to the number of the round, and prints
in how many rounds it was not there afterwards.
"""

import sys
import time

from awscli.customizations.configure.writer import ConfigFileWriter

path, rounds = sys.argv[1], int(sys.argv[2])
writer = ConfigFileWriter()
lost = 0
for number in range(rounds):
    value = f"AKIA{number:016}"
    writer.update_config({"__section__": "theirs", "aws_access_key_id": value}, path)
    # What has replaced the file by now had the time to read it before.
    time.sleep(0.002)
    with open(path) as file:
        lost += value not in file.read()
print(lost)
