/** What `zephr mcp` is and takes. */

import type { CliCommand } from '../../../parser/command.js';
import { declarePlace, declareVault } from '../../../vault/flags.js';
import type { McpContext } from './opened-vault.js';

/** Adds the command. */
export function addMcp(program: CliCommand): void {
  program.command('mcp').summary('secrets for agents: an MCP server on stdio').declares(declare);
}

function declare(command: CliCommand): void {
  declareVault(declarePlace(command))
    .description(
      'Serves the Model Context Protocol on stdin and stdout, for the host of an agent to start. Its tools list secrets, ' +
        'make requests with them, send links and ask for secrets; none gives back a value. What comes back is masked ' +
        'and marked as untrusted. Nobody is asked for anything: zephr vault unlock, a proxy that runs, or a key file opens the vault.',
    )
    // What a command gets it can send anywhere: that is for who starts the server to say.
    .option('--allow-run', 'a tool that starts commands with secrets, too')
    .example('zephr mcp', 'what the host of an agent starts')
    .example('zephr mcp -P shop -E staging', 'with the secrets of that project')
    .example('zephr mcp --allow-run', 'for an agent that may run commands')
    .runs(async (context: McpContext) => (await import('./mcp.js')).mcp(context));
}
