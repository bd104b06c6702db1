/** What shells run to complete a word. */
import { TOOL } from '../../tool.js';

/** What the program is called with to be asked for words; the words typed so far follow. */
export const ASK = '--complete';

/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh'] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

const FUNCTION = `_${TOOL.name.replace(/-/g, '_')}`;

/** Offers come as lines of a word, and behind a tab what it means. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completes ${TOOL.name} in bash.
${FUNCTION}() {
  local IFS=$'\\n'
  COMPREPLY=($(${TOOL.name} ${ASK} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F ${FUNCTION} ${TOOL.name}`,
  zsh: `#compdef ${TOOL.name}
# Completes ${TOOL.name} in zsh, behind compinit.
${FUNCTION}() {
  local -a offers
  offers=("\${(@f)$(${TOOL.name} ${ASK} "\${(@)words[2,CURRENT]}" 2>/dev/null | sed -e 's/:/\\\\:/g' -e $'s/\\t/:/')}")
  if [[ -n $offers[1] ]]; then
    _describe '${TOOL.name}' offers
  else
    _files
  fi
}
compdef ${FUNCTION} ${TOOL.name}`,
};

/** The script of a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

/** The shell that a user works in, where its name tells; else bash. */
export function usualShell(path: string | undefined): Shell {
  return SHELLS.find((shell) => path?.endsWith(`/${shell}`)) ?? 'bash';
}
