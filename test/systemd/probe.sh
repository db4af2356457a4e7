#!/bin/bash
# Runs inside a booted systemd, as a unit of it. Prints `ok` or `FAILED` for each claim of docs/systemd.md.
set -u
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
failures=0
claim() { # claim TEXT COMMAND...
  local text=$1
  shift
  if output=$("$@" 2>&1); then echo "ok      $text"; else
    failures=$((failures + 1))
    echo "FAILED  $text"
    echo "$output" | sed 's/^/        /'
  fi
}
# The probe's own Node: the machine itself may have none.
node=$(command -v node || echo /opt/probe/node)
ask() { # ask PATH [TOKEN-FILE]: status and body of a request to the endpoint
  "$node" -e '
    const { get } = require("node:http"), { readFileSync } = require("node:fs")
    const [path, file] = process.argv.slice(1)
    const headers = file ? { authorization: readFileSync(file, "utf8") } : {}
    get({ port: 9911, host: "127.0.0.1", path, headers }, (r) => {
      let body = ""
      r.on("data", (c) => (body += c)).on("end", () => {
        console.log(r.statusCode, body)
        process.exit(r.statusCode === 200 ? 0 : 1)
      })
    }).on("error", (e) => { console.log(e.code); process.exit(1) })' "$@"
}
until_true() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; "$@"; }
ARNS="--trust-anchor-arn arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555
 --profile-arn arn:aws:rolesanywhere:eu-central-1:111122223333:profile/11111111-2222-3333-4444-555555555555
 --role-arn arn:aws:iam::111122223333:role/booted"

echo "systemd $(systemctl --version | head -1 | cut -d' ' -f2), PID 1 is $(cat /proc/1/comm)"
claim 'systemd-run --service-type=exec starts the emulator of AWS' \
  systemd-run --unit=emulator --service-type=exec -p DynamicUser=yes \
  -p LoadCredential=ca.pem:/etc/rolesanywhere/ca.pem \
  /bin/bash -c 'exec rolesanywhere emulator --port 19000 --trust-anchor $CREDENTIALS_DIRECTORY/ca.pem'
until_true bash -c '</dev/tcp/127.0.0.1/19000'

# The service
claim 'rolesanywhere.service becomes ready by sd_notify' systemctl start rolesanywhere.service
claim 'it is active' systemctl is-active rolesanywhere.service
claim 'its status line comes from us' bash -c 'systemctl show -p StatusText rolesanywhere | grep "serving 1 role"'
claim 'it does not run as root' bash -c '[ "$(stat -c %u /proc/$(systemctl show -p MainPID --value rolesanywhere))" != 0 ]'
claim 'it answers on its port' ask /readyz
claim 'root may read the token, and gets credentials with it' ask /credentials/onprem /run/rolesanywhere/onprem.token
claim 'a consumer of another user gets the token by LoadCredential' \
  systemd-run --wait --pipe --collect -p DynamicUser=yes \
  -p LoadCredential=token:/run/rolesanywhere/onprem.token \
  "$node" -e '
    const { get } = require("node:http"), { readFileSync } = require("node:fs")
    const headers = { authorization: readFileSync(process.env.CREDENTIALS_DIRECTORY + "/token", "utf8") }
    get({ port: 9911, host: "127.0.0.1", path: "/credentials/onprem", headers }, (r) => process.exit(r.statusCode === 200 ? 0 : 1))'
claim 'a consumer without it does not' bash -c \
  '! systemd-run --wait --pipe --collect -p DynamicUser=yes cat /run/rolesanywhere/onprem.token'
before=$(ask /status | grep -o '"nextTry":"[^"]*"')
claim 'systemctl reload makes it refresh' systemctl reload rolesanywhere.service
refreshed_since() { [ "$1" != "$(ask /status | grep -o '"nextTry":"[^"]*"')" ]; }
claim '... as soon as the last session is a minute old' until_true refreshed_since "$before"
mkdir -p /run/systemd/system/rolesanywhere.service.d
printf '[Service]\nWatchdogSec=2\nRestartSec=1\n' > /run/systemd/system/rolesanywhere.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart rolesanywhere.service
sleep 6
claim 'with a watchdog of 2 s it lives for 6 s' bash -c '[ "$(systemctl show -p NRestarts --value rolesanywhere)" = 0 ] && systemctl is-active rolesanywhere'
first=$(systemctl show -p MainPID --value rolesanywhere)
kill -STOP "$first"
claim 'frozen, it is killed by the watchdog and started again' \
  until_true bash -c "pid=\$(systemctl show -p MainPID --value rolesanywhere); [ \$pid != 0 ] && [ \$pid != $first ] && [ \$(systemctl is-active rolesanywhere) = active ]"
claim 'SIGTERM ends it with success' bash -c 'systemctl stop rolesanywhere && [ "$(systemctl show -p Result --value rolesanywhere)" = success ]'

# The socket
claim 'rolesanywhere.socket listens without the service' systemctl start rolesanywhere.socket
claim 'the first request starts the service, and is answered' ask /credentials/onprem /run/rolesanywhere/onprem.token
claim 'it was started by the socket' until_true systemctl is-active rolesanywhere.service
systemctl stop rolesanywhere.socket rolesanywhere.service

# The timer
claim 'rolesanywhere-update.service and its timer start' systemctl start rolesanywhere-update.service rolesanywhere-update.timer
claim 'it writes the credentials file' until_true test -s /var/lib/rolesanywhere/credentials
claim 'with mode 0600' bash -c '[ "$(stat -Lc %a /var/lib/rolesanywhere/credentials)" = 600 ]'
claim 'with the profile in it' grep -q '^\[onprem\]' /var/lib/rolesanywhere/credentials
claim 'the unit succeeded' bash -c '[ "$(systemctl show -p Result --value rolesanywhere-update)" = success ]'
claim 'and the timer has a next time' bash -c 'systemctl list-timers | grep rolesanywhere-update'

# systemd-run lines of docs/systemd.md
claim 'systemd-run: one command with credentials' \
  systemd-run --wait --pipe --collect -p DynamicUser=yes \
  -p LoadCredential=client.pem:/etc/rolesanywhere/client.pem \
  -p LoadCredential=client.key:/etc/rolesanywhere/client.key \
  -E AWS_CONFIG_FILE=/etc/rolesanywhere/config \
  /bin/sh -c 'exec rolesanywhere exec --profile onprem --certificate $CREDENTIALS_DIRECTORY/client.pem --private-key $CREDENTIALS_DIRECTORY/client.key -- /bin/sh -c "test -n \"\$AWS_SESSION_TOKEN\""'
claim 'systemd-run: a transient endpoint' \
  systemd-run --unit=ra-transient --service-type=notify -p DynamicUser=yes \
  -p RuntimeDirectory=ra-transient \
  -p LoadCredential=client.pem:/etc/rolesanywhere/client.pem \
  -p LoadCredential=client.key:/etc/rolesanywhere/client.key \
  -E AWS_CONFIG_FILE=/etc/rolesanywhere/config \
  /bin/sh -c 'exec rolesanywhere serve --profile onprem --certificate $CREDENTIALS_DIRECTORY/client.pem --private-key $CREDENTIALS_DIRECTORY/client.key'
claim '... answers' ask /readyz
systemctl stop ra-transient
claim 'systemd-run: a transient timer' \
  systemd-run --unit=ra-timer --on-active=1s --on-unit-active=10s --timer-property=AccuracySec=100ms \
  -p LoadCredential=client.pem:/etc/rolesanywhere/client.pem \
  -p LoadCredential=client.key:/etc/rolesanywhere/client.key \
  -E AWS_CONFIG_FILE=/etc/rolesanywhere/config -E AWS_SHARED_CREDENTIALS_FILE=/root/by-timer \
  /bin/sh -c 'exec rolesanywhere update --once --settings-profile onprem --profile timed --certificate $CREDENTIALS_DIRECTORY/client.pem --private-key $CREDENTIALS_DIRECTORY/client.key'
claim '... writes the file' until_true grep -q '^\[timed\]' /root/by-timer
systemctl stop ra-timer.timer

for unit in rolesanywhere rolesanywhere-update; do
  claim "$unit.service passes systemd-analyze verify" systemd-analyze verify $unit.service
  echo "        $(systemd-analyze security $unit.service | tail -1)"
done
# What only the package has.
if [ -f /root/rolesanywhere.deb ]; then
  systemctl start rolesanywhere.service
  pid=$(systemctl show -p MainPID --value rolesanywhere)
  claim 'an upgrade with a running service' bash -c \
    'dpkg-deb -R /root/rolesanywhere.deb /root/next && sed -i "s/^Version: .*/Version: 99/" /root/next/DEBIAN/control &&
     dpkg-deb -Znone --build /root/next /root/next.deb && dpkg -i /root/next.deb'
  claim '... goes on with the new one' bash -c "[ \$(systemctl show -p MainPID --value rolesanywhere) != $pid ]"
  claim '... and answers' until_true ask /credentials/onprem /run/rolesanywhere/onprem.token
  systemctl stop rolesanywhere.service
  cp /etc/rolesanywhere/client.pem /etc/rolesanywhere/onprem.pem
  cp /etc/rolesanywhere/client.key /etc/rolesanywhere/onprem.key
  claim 'the template rolesanywhere@onprem becomes ready' systemctl start rolesanywhere@onprem.service
  claim '... and answers' ask /credentials/onprem /run/rolesanywhere-onprem/onprem.token
  claim 'the user unit passes systemd-analyze verify' env XDG_RUNTIME_DIR=/run systemd-analyze verify --user /usr/lib/systemd/user/rolesanywhere@.service
  claim 'removing the package stops the service' bash -c 'dpkg -r rolesanywhere && ! systemctl is-active rolesanywhere@onprem'
  claim 'purging leaves no unit and no state behind' bash -c \
    'dpkg -P rolesanywhere; ! ls -d /usr/lib/systemd/system/rolesanywhere* /var/lib/rolesanywhere /var/lib/private/rolesanywhere /etc/systemd/system/*/rolesanywhere* 2>/dev/null'
fi
echo "journal of the service:"
journalctl -u rolesanywhere -o cat --no-pager | tail -5 | sed 's/^/        /'
claim 'no secret is in the journal' bash -c '! journalctl --no-pager | grep -E "BEGIN .*PRIVATE|SecretAccessKey|aws_secret"'
echo "$failures failed"
[ "$failures" = 0 ] && echo 'ALL CLAIMS HOLD'
