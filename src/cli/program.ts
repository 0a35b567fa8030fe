/**
 * The command tree, put together: each command is named in its folder of commands/. What it takes is declared when it is
 * called or looked at, and what it does is loaded when it is called. The man page, the completions and their tests are made from this tree.
 */

import type { Command, OutputConfiguration } from 'commander';
import { addConfig } from './commands/config/command.js';
import { addCreate, declareCreate } from './commands/create/command.js';
import { addDoctor } from './commands/doctor/command.js';
import { addGet } from './commands/get/command.js';
import { addHelpCommand } from './commands/help/command.js';
import { addCompletion } from './commands/help/completion-command.js';
import { addKeys } from './commands/keys/command.js';
import { addLs } from './commands/ls/command.js';
import { addStats } from './commands/ls/stats-command.js';
import { addRequest } from './commands/request/command.js';
import { addRevoke } from './commands/revoke/command.js';
import { addServe } from './commands/serve/command.js';
import { addStatus } from './commands/status/command.js';
import { addCall } from './commands/use/call/command.js';
import { addMcp } from './commands/use/mcp/command.js';
import { addProxy } from './commands/use/proxy/command.js';
import { addRun } from './commands/use/run/command.js';
import { addVault } from './commands/vault/command.js';
import { CliCommand, type Run } from './parser/command.js';
import { declareEverywhere, EVERYWHERE } from './parser/everywhere.js';
import { addHelp, COMMAND_GROUPS } from './parser/help.js';
import { requireCommand, usageErrorFor } from './parser/usage.js';

/** The program, ready to parse. What commander prints goes to `output`; all else to the terminal of `run`. */
export function createProgram(run: Run, version: string, output: OutputConfiguration): CliCommand {
  const addEverywhere = declareEverywhere(version);
  const finish = (command: CliCommand) => {
    addEverywhere(command);
    handleUsage(command);
  };
  const program = new CliCommand('zephr', run, finish)
    .configureOutput(output)
    .enablePositionalOptions()
    .optionsGroup(EVERYWHERE)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .optionsGroup('Options (all: zephr help create):');
  addHelp(program);
  declareCreate(program);
  const [send, track, use, setUp] = COMMAND_GROUPS;
  program.commandsGroup(send);
  addCreate(program);
  addGet(program);
  addRequest(program);
  program.commandsGroup(track);
  addLs(program);
  addStatus(program);
  addRevoke(program);
  addStats(program);
  program.commandsGroup(use);
  addVault(program);
  addRun(program);
  addCall(program);
  addProxy(program);
  addMcp(program);
  program.commandsGroup(setUp);
  addServe(program);
  addKeys(program);
  addConfig(program);
  addDoctor(program);
  addCompletion(program);
  addHelpCommand(program);
  return program.declareNow();
}

/** Makes a command count the options before its name, and answer wrong usage in our words. */
function handleUsage(command: Command): void {
  const isGroup = command.commands.length > 0;
  command
    .allowExcessArguments(isGroup || (command instanceof CliCommand && command.mayHaveMoreWords))
    .hook('preSubcommand', (_, called) => {
      if (called instanceof CliCommand) called.declareNow().inherit();
    })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      const wrong = usageErrorFor(error, command);
      throw command instanceof CliCommand ? command.failure(wrong) : wrong;
    });
  if (isGroup && command.parent !== null) {
    command.usage('<command>').action(() => requireCommand(command));
  }
}
