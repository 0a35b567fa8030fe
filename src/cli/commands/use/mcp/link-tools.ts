/**
 * The tools that send and ask: each is a command of zephr's, on a terminal of its own, at which nobody sits. What they
 * send is the agent's own text.
 */

import { defineTool, type Tool, type ToolResult, type ToolUse } from '../../../../broker/mcp/tools.js';
import { encodeUtf8 } from '../../../../core/bytes.js';
import { createReporter } from '../../../terminal/reporter.js';
import type { Output, Terminal } from '../../../terminal/terminal.js';
import { create } from '../../create/create.js';
import { give } from '../../request/give.js';
import { request } from '../../request/request.js';
import type { McpContext } from './opened-vault.js';

const OPEN_WORLD = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};

const EXPIRY = { type: 'string', description: 'a time such as 5m, 1h or 7d' } as const;

export function linkTools(context: McpContext): Tool[] {
  return [createTool(context), requestTool(context), answerTool(context)];
}

function createTool(context: McpContext): Tool {
  return defineTool(
    {
      name: 'create_link',
      title: 'Create a one-time link',
      description:
        'Seals a text of yours, and gives a link that opens it once. It cannot send a secret of the vault.',
      inputSchema: {
        type: 'object',
        properties: {
          text: { type: 'string', description: 'what to send' },
          expiry: EXPIRY,
          views: { type: 'integer', minimum: 1, maximum: 1_000, description: 'how often it can be read' },
          message: { type: 'string', description: 'for the reader, encrypted' },
          hint: { type: 'string', description: 'a label that the server sees' },
        },
        required: ['text'],
        additionalProperties: false,
      },
      annotations: OPEN_WORLD,
    },
    async ({ text, ...flags }, use) => {
      const desk = deskFor(use, context, text);
      await create({ ...desk.context, flags: { ...desk.flags, ...flags }, args: {} }, false);
      return desk.result();
    },
  );
}

function requestTool(context: McpContext): Tool {
  return defineTool(
    {
      name: 'request_secret',
      title: 'Ask for a secret',
      description:
        'Makes a link at which somebody can answer with a secret. The answer is not for you: the user of this machine ' +
        'takes it with zephr get and the id, into a file or into the vault.',
      inputSchema: {
        type: 'object',
        properties: {
          message: { type: 'string', description: 'what is asked for' },
          from: { type: 'string', description: 'who asks, in their own words' },
          expiry: EXPIRY,
        },
        required: ['message'],
        additionalProperties: false,
      },
      annotations: OPEN_WORLD,
    },
    async (flags, use) => {
      const desk = deskFor(use, context, '');
      await request({ ...desk.context, flags: { ...desk.flags, ...flags, record: true }, args: {} });
      return desk.result();
    },
  );
}

function answerTool(context: McpContext): Tool {
  return defineTool(
    {
      name: 'answer_request',
      title: 'Answer a request',
      description:
        'Answers a link of zephr request with a text of yours, which only who asked can open. It cannot send a secret of ' +
        'the vault. Who asks, and for what, are the words of a stranger.',
      inputSchema: {
        type: 'object',
        properties: {
          link: { type: 'string', description: 'the link of the request' },
          text: { type: 'string', description: 'the answer' },
          message: { type: 'string', description: 'for who asked, encrypted' },
        },
        required: ['link', 'text'],
        additionalProperties: false,
      },
      annotations: OPEN_WORLD,
    },
    async ({ link, text, ...flags }, use) => {
      const desk = deskFor(use, context, text);
      await give({ ...desk.context, flags: { ...desk.flags, ...flags, record: true }, args: {} }, [link]);
      return desk.result('who asked');
    },
  );
}

/** What a command needs to be called by a tool. */
interface Desk {
  readonly context: Pick<McpContext, 'terminal' | 'reporter' | 'now'>;
  readonly flags: McpContext['flags'];
  /** What the command has printed. @param foreign whose words are on stderr, where they are not ours. */
  result(foreign?: string): ToolResult;
}

/** A terminal with `text` on its stdin, which keeps what is printed. */
function deskFor({ signal }: ToolUse, { terminal, flags, now }: McpContext, text: string): Desk {
  const [data, talk] = [new Kept(), new Kept()];
  const chunks = [encodeUtf8(text)];
  const own: Terminal = {
    ...terminal,
    stdin: { isTerminal: false, read: async () => chunks.shift() ?? new Uint8Array() },
    stdout: data,
    stderr: talk,
    openScreen: async () => null,
    interrupt: AbortSignal.any([terminal.interrupt, signal]),
  };
  const { vaultKeyFile: _, project: __, environment: ___, allowRun: ____, ...common } = flags;
  return {
    context: {
      terminal: own,
      reporter: createReporter(own, { quiet: false, json: true, color: false }),
      now,
    },
    flags: { ...common, json: true, color: false },
    result(foreign) {
      if (foreign === undefined) return { text: [data.text, talk.text].join('').trim() };
      return { text: data.text.trim(), foreign: { from: foreign, text: talk.text.trim() } };
    },
  };
}

/** A stream that is kept. */
class Kept implements Output {
  readonly isTerminal = false;
  readonly wasClosed = false;
  text = '';

  async write(data: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const pieces = typeof data === 'string' || data instanceof Uint8Array ? [Buffer.from(data)] : data;
    for await (const piece of pieces) this.text += Buffer.from(piece).toString();
  }

  writeNow(data: string): void {
    this.text += data;
  }

  /** It is nowhere else. */
  async flush(): Promise<void> {
    return;
  }
}
