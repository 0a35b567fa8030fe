/** The part of the Fetch Standard that the client uses, so that anything which has it can be injected. */

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): FetchReader } | null;
}

/** `globalThis.fetch`, or less. It rejects when no answer came, and never for a status. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;
