#!/bin/sh
# What a package brings besides the program, found where each shell and man look for it by themselves: the
# completion of bash, zsh and fish, and the manual pages.
set -eu
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
is() { [ "$2" = "$3" ] || { echo "$1: \"$2\" in place of \"$3\""; exit 1; }; }

is bash "$(bash --norc -c '
  . /usr/share/bash-completion/bash_completion
  _completion_loader rolesanywhere || true
  COMP_WORDS=(rolesanywhere stat) COMP_CWORD=1
  _rolesanywhere
  echo "${COMPREPLY[*]}"')" status
is zsh "$(zsh -fc '
  autoload -U compinit && compinit -u -D
  autoload +X $_comps[rolesanywhere] && print ${functions_source[$_comps[rolesanywhere]]:t}')" _rolesanywhere
is fish "$(fish -c 'complete -C "rolesanywhere stat"' | cut -f1)" status
for page in '1 rolesanywhere' '1 rolesanywhere-serve' '5 rolesanywhere-config'; do
  MANWIDTH=200 man $page | grep -q 'rolesanywhere' || { echo "no manual page $page"; exit 1; }
done
is man "$(MANWIDTH=200 man rolesanywhere-serve | grep -c '^ *--port ')" 1
echo "completion in bash, zsh and fish, and manual pages: there"
