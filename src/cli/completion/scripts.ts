/**
 * Completion scripts: each hands the words of the command line to `completion words`, and what comes back
 * to its shell.
 *
 * `completion words` prints one candidate a line, behind a tab its description, and at the end what the
 * shell completes besides: `:nothing`, `:files` or `:programs`. No space follows what ends with a colon.
 *
 * @see bash(1) "Programmable Completion"; zshcompwid(1), zshcompsys(1); fish complete(1)
 * @module
 */

export type CompletionShell = 'bash' | 'zsh' | 'fish'

export const COMPLETION_SCRIPTS: Readonly<Record<CompletionShell, string>> = {
  bash: `# bash completion for rolesanywhere
_rolesanywhere() {
  # readline takes "=" and ":" for the end of a word: put what it took apart together again.
  local -a words=()
  local index piece glued=
  for ((index = 1; index <= COMP_CWORD; index++)); do
    piece=\${COMP_WORDS[index]}
    if [[ $piece == [=:]* || -n $glued ]] && ((\${#words[@]} > 0)); then
      words[-1]+=$piece
    else
      words+=("$piece")
    fi
    if [[ $piece == *[=:] ]]; then glued=yes; else glued=; fi
  done
  local current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == [=:] ]] && current=
  local replaced=\${words[-1]%"$current"}
  local -a lines
  mapfile -t lines < <("\${COMP_WORDS[0]}" completion words -- "\${words[@]}" 2>/dev/null)
  ((\${#lines[@]} > 0)) || return
  COMPREPLY=()
  local line text
  for line in "\${lines[@]::\${#lines[@]}-1}"; do
    text=\${line%%$'\\t'*}
    COMPREPLY+=("$(printf '%q' "\${text#"$replaced"}")")
  done
  if [[ \${COMPREPLY[0]-} == *: ]]; then compopt -o nospace; fi
  case \${lines[-1]} in
    :files) compopt -o default ;;
    :programs) mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
  esac
}
complete -F _rolesanywhere rolesanywhere
`,
  zsh: `#compdef rolesanywhere
_rolesanywhere() {
  local -a lines candidates prefixes
  local line text
  lines=("\${(@f)$("\${(Q)words[1]}" completion words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[1,-2]}"; do
    text="\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"
    if [[ \${line%%$'\\t'*} == *: ]]; then prefixes+=("$text"); else candidates+=("$text"); fi
  done
  (( $#candidates )) && _describe -V rolesanywhere candidates
  (( $#prefixes )) && _describe -V rolesanywhere prefixes -S ''
  case \${lines[-1]} in
    (:files) compset -P '--[^=]##='; compset -P 'file:'; _files ;;
    (:programs) _command_names -e ;;
  esac
}
if [[ \${funcstack[1]-} == _rolesanywhere ]]; then
  _rolesanywhere "$@"
else
  compdef _rolesanywhere rolesanywhere
fi
`,
  fish: `# fish completion for rolesanywhere
function __rolesanywhere_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l lines ($words[1] completion words -- $words[2..-1] "$token" 2>/dev/null)
    for line in $lines
        switch $line
            case :nothing
            case :files
                set -l written (string match -r -- '^(?:--[^=]*=)?(?:file:)?' $token)
                set -l path (string sub -s (math (string length -- "$written") + 1) -- "$token")
                for candidate in (__fish_complete_path "$path")
                    echo -- $written$candidate
                end
            case :programs
                __fish_complete_command
            case '*'
                echo -- $line
        end
    end
end
complete -c rolesanywhere -f -a '(__rolesanywhere_complete)'
`,
}
