/** The tool `run`: a command with secrets, of which nothing is left when it has ended. */

import {
  type ArgumentsOf,
  defineTool,
  type InputSchema,
  type Tool,
  type ToolResult,
  type ToolUse,
} from '../../../../broker/mcp/tools.js';
import { loggedAs } from '../../../vault/access.js';
import { runCommand } from '../../../vault/command-run.js';
import { type McpContext, openFor } from './opened-vault.js';
import { asText, MOST_BYTES } from './result.js';

const LONGEST_RUN_SECONDS = 3_600;

const USUAL_RUN_SECONDS = 60;

const RUN_SCHEMA = {
  type: 'object',
  properties: {
    command: { type: 'string', description: 'a program of PATH, or its path' },
    arguments: { type: 'array', items: { type: 'string' }, description: 'its arguments' },
    only: {
      type: 'array',
      items: { type: 'string' },
      description: 'names of secrets; by default all that are for commands',
    },
    timeout_seconds: {
      type: 'integer',
      minimum: 1,
      maximum: LONGEST_RUN_SECONDS,
      description: `when to end it; by default ${USUAL_RUN_SECONDS}`,
    },
  },
  required: ['command'],
  additionalProperties: false,
} as const satisfies InputSchema;

export function runTool(context: McpContext): Tool {
  return defineTool(
    {
      name: 'run',
      title: 'Start a command with secrets',
      description:
        'Starts a command, without a shell and without input, with secrets in its environment under their names. What it ' +
        'prints comes without them. Secrets that are bound to hosts alone are for call, and not for this.',
      inputSchema: RUN_SCHEMA,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    },
    (args, use) => start(args, use, context),
  );
}

async function start(
  args: ArgumentsOf<typeof RUN_SCHEMA>,
  use: ToolUse,
  context: McpContext,
): Promise<ToolResult> {
  const { command, only, timeout_seconds: seconds = USUAL_RUN_SECONDS } = args;
  const { vault, place, terminal, all } = await openFor(context);
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let [come, kept] = [0, 0];
  const end = await runCommand({
    command,
    args: args.arguments ?? [],
    only: only ?? place.needs ?? undefined,
    vault,
    place,
    terminal,
    logged: { ...loggedAs('mcp run', terminal), agent: use.agent },
    stdin: null,
    take(stream, bytes) {
      const taken = bytes.subarray(0, MOST_BYTES - kept);
      printed[stream].push(taken);
      kept += taken.length;
      come += bytes.length;
      use.progress(come, `${come} bytes printed`);
    },
    maskedToo: all,
    signal: AbortSignal.any([use.signal, terminal.interrupt, AbortSignal.timeout(seconds * 1_000)]),
  });
  const isCut = come > kept;
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((pieces) =>
    asText(Buffer.concat(pieces), isCut),
  );
  const about = {
    ...('code' in end ? { code: end.code } : { signal: end.signal }),
    ...(isCut && { cut: `${come - kept} bytes more were printed` }),
    ...(stdout?.isBase64 && { stdout: 'in base64' }),
    ...(stderr?.isBase64 && { stderr: 'in base64' }),
  };
  return {
    text: JSON.stringify(about),
    foreign: { from: 'the command', text: `stdout:\n${stdout?.text}\nstderr:\n${stderr?.text}` },
    isError: !('code' in end) || end.code !== 0,
  };
}
