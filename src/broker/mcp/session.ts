/**
 * A server of the Model Context Protocol for one client: versions are agreed on, tools listed and called, calls
 * cancelled and their progress told. It knows neither streams nor what the tools do.
 */

import {
  type Incoming,
  isId,
  isObject,
  type Outgoing,
  type RequestId,
  RpcError,
  type RpcNotification,
  type RpcRequest,
} from './messages.js';
import { describeTool, findMisfit, formatResult, type Tool, type ToolResult } from './tools.js';

/** The versions that are spoken, the newest first. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];

/** The one version in which several messages may come in an array. */
const WITH_BATCHES: ProtocolVersion = '2025-03-26';

/** Calls at once. More of them are refused, and not put off: who waits for one could cancel none. */
const MOST_CALLS = 32;

/** How often progress is told at most, in milliseconds. */
const PROGRESS_MS = 200;

export interface SessionOptions {
  readonly tools: readonly Tool[];
  readonly version: string;
  /** What a client may tell its model of the server. */
  readonly instructions: string;
  readonly now: () => number;
  /** Sends a message that nobody asked for. */
  readonly notify: (message: Outgoing) => void;
  /** The result for what a tool throws. */
  readonly failure: (error: unknown) => ToolResult;
}

export class McpSession {
  readonly #options: SessionOptions;
  readonly #calls = new Map<RequestId, AbortController>();
  #version: ProtocolVersion | null = null;
  #agent = 'mcp';

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether messages may come in an array. */
  get takesBatches(): boolean {
    return this.#version === WITH_BATCHES;
  }

  /** The answer to a message; null where there is none to give. It never rejects. */
  async answer(message: Incoming): Promise<Outgoing | null> {
    switch (message.kind) {
      case 'other':
        return null;
      case 'invalid':
        return { id: message.id, error: message.error };
      case 'notification':
        this.#take(message.notification);
        return null;
      case 'request':
        return this.#answerRequest(message.request);
    }
  }

  /** Cancels all calls. */
  cancelAll(reason: unknown): void {
    for (const call of this.#calls.values()) call.abort(reason);
  }

  async #answerRequest(request: RpcRequest): Promise<Outgoing | null> {
    const { id, method, params } = request;
    try {
      if (method === 'ping') return { id, result: {} };
      if (method === 'initialize') return { id, result: this.#initialize(params) };
      if (this.#version === null) throw new RpcError('invalidRequest', 'initialize comes first');
      if (method === 'tools/list') return { id, result: this.#list(params) };
      if (method === 'tools/call') return await this.#call(request);
      throw new RpcError('methodNotFound', 'there is no such method');
    } catch (error) {
      if (error instanceof RpcError) return { id, error };
      return { id, error: new RpcError('internal', 'something unforeseen happened') };
    }
  }

  #take({ method, params }: RpcNotification): void {
    if (method !== 'notifications/cancelled' || !isId(params.requestId)) return;
    // One that has ended, or never was, is no error.
    this.#calls.get(params.requestId)?.abort(new Error('the call was cancelled'));
  }

  #initialize({ protocolVersion, clientInfo }: RpcRequest['params']): object {
    if (this.#version !== null) throw new RpcError('invalidRequest', 'that was agreed on before');
    if (typeof protocolVersion !== 'string')
      throw new RpcError('invalidParams', 'protocolVersion is a string');
    this.#version = PROTOCOL_VERSIONS.find((one) => one === protocolVersion) ?? PROTOCOL_VERSIONS[0];
    if (isObject(clientInfo) && typeof clientInfo.name === 'string') this.#agent = clientInfo.name;
    const { version, instructions } = this.#options;
    return {
      protocolVersion: this.#version,
      capabilities: { tools: {} },
      serverInfo: { name: 'zephr', title: 'zephr', version },
      instructions,
    };
  }

  #list({ cursor }: RpcRequest['params']): object {
    if (cursor !== undefined) throw new RpcError('invalidParams', 'all tools are on the first page');
    return { tools: this.#options.tools.map(describeTool) };
  }

  async #call({ id, params }: RpcRequest): Promise<Outgoing | null> {
    const tool = this.#options.tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw new RpcError('invalidParams', 'there is no such tool');
    if (this.#calls.has(id)) throw new RpcError('invalidRequest', 'that id is of a call that has not ended');
    if (this.#calls.size >= MOST_CALLS)
      throw new RpcError('invalidRequest', 'there are too many calls at once');
    const args = params.arguments ?? {};
    const misfit = findMisfit(tool.inputSchema, args);
    // As a result, and not as an error of the protocol, so that who wrote them can write them anew.
    if (misfit !== null || !isObject(args))
      return { id, result: formatResult({ text: `nothing was done: ${misfit}`, isError: true }) };
    const controller = new AbortController();
    this.#calls.set(id, controller);
    try {
      const progress = this.#progressTo(params);
      const use = { agent: this.#agent, signal: controller.signal, progress };
      const result = await tool.call(args, use).catch(this.#options.failure);
      return controller.signal.aborted ? null : { id, result: formatResult(result) };
    } finally {
      this.#calls.delete(id);
    }
  }

  /** Where progress goes: nowhere, unless the caller gave a token for it. */
  #progressTo({ _meta: meta }: RpcRequest['params']): (amount: number, message: string) => void {
    const progressToken = isObject(meta) ? meta.progressToken : undefined;
    if (!isId(progressToken)) return () => undefined;
    const { now, notify } = this.#options;
    let last = Number.NEGATIVE_INFINITY;
    return (progress, message) => {
      if (now() - last < PROGRESS_MS) return;
      last = now();
      notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
    };
  }
}
