/**
 * Scripts that teach a shell to complete `windeck`: they ask `windeck complete LINE`, whose answer is one word per line, a tab behind it and a
 * note. bash cuts words at `:` and `=` too, so its script takes off what stands already. Those for bash and zsh are tested in these shells; the one
 * for PowerShell is not: nothing here runs it.
 */
export type Shell = 'bash' | 'zsh' | 'powershell';

export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const bash = `# windeck completion for bash. Load it with: source <(windeck completion bash)
_windeck() {
  local line="\${COMP_LINE:0:$COMP_POINT}" item note
  # The word as winrm sees it, and what of it stands before the part that bash takes for a word of its own.
  local word="\${line##*[[:space:]]}" current="\${COMP_WORDS[COMP_CWORD]}"
  [[ "$current" == ":" || "$current" == "=" ]] && current=""
  local standing="\${word%"$current"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r item note; do
    COMPREPLY+=("\${item#"$standing"}")
  done < <(windeck complete "$line" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *[:=/] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _windeck windeck
`;

const zsh = `#compdef windeck
# windeck completion for zsh. Load it with: source <(windeck completion zsh)
# or save it as _windeck in a folder of $fpath.
_windeck() {
  local -a whole wholenotes begun begunnotes
  local text note shown word="$PREFIX" brace
  # zsh takes the brace of @{ for one of its own: out of the word, and back into what is put there.
  [[ "\${words[CURRENT]}" == "@{"* && "$word" == @* && "$word" != "@{"* ]] && brace=1 word="@{\${word#@}"
  # Of this command alone, up to the cursor; backslashes are for zsh.
  local line="windeck \${(j: :)words[2,CURRENT-1]} $word"
  while IFS=$'\\t' read -r text note; do
    shown="$text  $note"
    [[ -n "$brace" ]] && text="@\${text#"@{"}"
    # Behind these the word goes on.
    if [[ "$text" == *[:=/] ]]; then
      begun+=("$text") begunnotes+=("$shown")
    else
      whole+=("$text") wholenotes+=("$shown")
    fi
  done < <(windeck complete "\${line//\\\\/}" 2>/dev/null)
  # -U: it is windeck that says what fits, without regard to case.
  (( \${#begun} )) && compadd -U -V windeck -S '' -l -d begunnotes -- "\${begun[@]}"
  (( \${#whole} )) && compadd -U -V windeck -l -d wholenotes -- "\${whole[@]}"
}
if [[ "\${funcstack[1]}" == _windeck ]]; then
  _windeck
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit -i }
  compdef _windeck windeck
fi
`;

const powershell = `# windeck completion for PowerShell. Load it with: windeck completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName windeck -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $line = $commandAst.ToString()
  if ($line.Length -lt $cursorPosition) { $line = $line.PadRight($cursorPosition) }
  windeck complete $line.Substring(0, $cursorPosition) 2>$null | ForEach-Object {
    $text, $note = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', "$note ")
  }
}
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, powershell };
