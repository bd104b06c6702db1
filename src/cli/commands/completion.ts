import { completionScript, SHELLS, usualShell } from '../completion/scripts.js';
import { defineCommand } from '../command.js';
import { commonOptions } from '../options.js';

/** `completion`: what a shell needs to complete commands and flags. */
export const completionCommand = defineCommand({
  command: 'completion [shell]',
  describe: 'Print a script for your shell, which then completes commands, flags and their choices',
  builder: (yargs) =>
    commonOptions(yargs)
      .positional('shell', { choices: SHELLS, describe: 'The shell; by default the one that $SHELL names, or bash' })
      .example('$0 completion bash >> ~/.bashrc', 'Complete in every shell to come')
      .example('$0 completion zsh >> ~/.zshrc', 'The same for zsh, behind compinit'),
  handler: ({ shell = usualShell(process.env.SHELL), json }, ui) => {
    const script = completionScript(shell);
    if (!json) for (const line of script.split('\n')) ui.command(line);
    ui.result({ shell, script });
    return Promise.resolve();
  },
});
