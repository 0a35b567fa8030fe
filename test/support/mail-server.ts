/** A mail server on loopback that keeps what it gets. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** A mail as it was received. */
export interface ReceivedMail {
  readonly to: readonly string[];
  readonly from: string;
  /** Headers and body, as they came. */
  readonly raw: string;
  /** The body, decoded. */
  readonly body: string;
  readonly subject: string;
  /** Whether it came over TLS, and by whose login; null for nobody's. */
  readonly overTls: boolean;
  readonly by: string | null;
}

export interface MailServerOptions {
  readonly port?: number;
  /** Who may send, once TLS hides the password. Default: everybody. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Speaks TLS, from the start or after STARTTLS, with this certificate. Default: none. */
  readonly tls?: { readonly from: 'start' | 'STARTTLS'; readonly key: string; readonly cert: string };
}

export interface MailServer {
  /** `smtp://127.0.0.1:…`. */
  readonly url: string;
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** The mail that comes next after those that are there. */
  next(): Promise<ReceivedMail>;
  /** What recipients are answered from now on; null for taking mail. */
  refuse(answer: { readonly code: number; readonly message: string } | null): void;
  close(): Promise<void>;
}

/** Starts one that ends with its test. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { port = 0, login, tls } = options;
  const mails: ReceivedMail[] = [];
  const waiting: ((mail: ReceivedMail) => void)[] = [];
  let refusal: { readonly code: number; readonly message: string } | null = null;
  const server = new SMTPServer({
    authOptional: login === undefined,
    disabledCommands: tls?.from === 'STARTTLS' ? [] : ['STARTTLS'],
    ...(tls === undefined ? {} : { key: tls.key, cert: tls.cert, secure: tls.from === 'start' }),
    onAuth: ({ username, password }, _, callback) => {
      const isRight = username === login?.user && password === login?.password;
      callback(isRight ? null : new Error('no such login'), { user: username });
    },
    onRcptTo: (_, __, callback) => {
      if (refusal === null) callback();
      else callback(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
    },
    onData: (stream, session, callback) => {
      void text(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope;
        const mail = {
          to: rcptTo.map(({ address }) => address),
          from: mailFrom === false ? '' : mailFrom.address,
          raw,
          overTls: session.secure,
          by: session.user === undefined ? null : String(session.user),
          ...partsOf(raw),
        };
        mails.push(mail);
        waiting.shift()?.(mail);
        callback();
      });
    },
  });
  // Clients that go away in the middle are none of a test's business.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  const { port: listening } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${listening}`,
    port: listening,
    mails,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    refuse: (answer) => {
      refusal = answer;
    },
    close,
  };
}

/** Subject and body of a mail of one part. */
function partsOf(raw: string): { readonly subject: string; readonly body: string } {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const encoding = /^content-transfer-encoding: (.*)$/im.exec(head)?.[1]?.trim() ?? '7bit';
  const body = rest.join('\r\n\r\n');
  const subject = /^subject: (.*(?:\r\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return { subject, body: decoded(body, encoding) };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return body;
  const bytes = body.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  return Buffer.from(bytes, 'latin1').toString();
}
