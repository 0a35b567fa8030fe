/**
 * Firefox ESR and WebKitGTK as Debian has them, driven by their own protocols: WebDriver BiDi (W3C) and WebDriver (W3C).
 * What is done in a page is done by scripts in it, with the standing of a user's click.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';

/** One tab of a browser. */
export interface Tab {
  goto(url: string): Promise<void>;
  /** What an expression gives in the page, as JSON; of a promise, what it resolves to. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** A browser that may be installed. */
export interface OtherBrowser {
  readonly name: string;
  /** What it needs to be there. */
  readonly programs: readonly string[];
  start(): Promise<Tab>;
}

const PATIENCE_MS = 45_000;

/** Tries until something succeeds, for as long as a browser on a busy machine takes to start. */
async function until<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what} does not answer`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** Ends a process that this file started, with its children: it leads a group of its own. */
function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A folder to be a browser's home, and how to start programs in it. */
function newHome(): {
  folder: string;
  run(program: string, args: string[], env?: NodeJS.ProcessEnv): ChildProcess;
} {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-browser-'));
  return {
    folder,
    run: (program, args, env = {}) =>
      spawn(program, args, {
        env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, LANG: 'en_GB.UTF-8', ...env },
        stdio: 'ignore',
        detached: true,
      }),
  };
}

async function startFirefox(): Promise<Tab> {
  const home = newHome();
  const profile = join(home.folder, 'profile');
  const port = await freePort();
  const preferences = { 'intl.accept_languages': 'en-GB', 'app.update.enabled': false };
  const args = ['--headless', '--no-remote', '--remote-debugging-port', String(port), '--profile', profile];
  const { mkdirSync } = await import('node:fs');
  mkdirSync(profile);
  writeFileSync(
    join(profile, 'user.js'),
    Object.entries(preferences)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const child = home.run('firefox-esr', args, { MOZ_HEADLESS: '1' });
  const socket = await until('Firefox', () => connect(`ws://127.0.0.1:${port}/session`));
  const waiting = new Map<number, { resolve(value: Reply): void; reject(error: Error): void }>();
  socket.addEventListener('message', ({ data }) => {
    const { id, type, error, message, result } = JSON.parse(String(data));
    const request = waiting.get(id);
    waiting.delete(id);
    if (type === 'error') request?.reject(new Error(`${error}: ${message}`));
    else request?.resolve(result);
  });
  let count = 0;
  const call = (method: string, params: object): Promise<Reply> => {
    count += 1;
    const id = count;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  await call('session.new', { capabilities: {} });
  const { contexts } = await call('browsingContext.getTree', {});
  const context = contexts?.[0]?.context ?? '';
  return {
    async goto(url) {
      await call('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await call('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
        target: { context },
        awaitPromise: true,
        userActivation: true,
      });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return JSON.parse(result?.value ?? 'null');
    },
    async close() {
      socket.close();
      end(child);
      rmSync(home.folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The parts of BiDi's replies that are read here. */
interface Reply {
  readonly contexts?: readonly { readonly context: string }[];
  readonly result?: { readonly value?: string };
  readonly exceptionDetails?: { readonly text: string };
}

function connect(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.addEventListener('open', () => resolve(socket), { once: true });
    socket.addEventListener('error', () => reject(new Error(`nothing at ${url}`)), { once: true });
  });
}

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

async function startWebKit(): Promise<Tab> {
  const home = newHome();
  const display = `:${100 + (process.pid % 800)}`;
  const screen = home.run('Xvfb', [display, '-screen', '0', '1280x900x24', '-nolisten', 'tcp']);
  const port = await freePort();
  const driver = home.run('WebKitWebDriver', [`--port=${port}`], {
    DISPLAY: display,
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  });
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) throw new Error(JSON.stringify(value));
    return value;
  };
  const options = { binary: MINI_BROWSER, args: ['--automation'] };
  const alwaysMatch = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options };
  const { sessionId } = (await until('WebKitGTK', () =>
    call('POST', '/session', { capabilities: { alwaysMatch } }),
  )) as { sessionId: string };
  const session = `/session/${sessionId}`;
  return {
    async goto(url) {
      await call('POST', `${session}/url`, { url });
    },
    async evaluate(expression) {
      const script = `const done = arguments[arguments.length - 1];
        Promise.resolve().then(() => ${expression}).then(
          (value) => done(JSON.stringify({ value: value ?? null })),
          (error) => done(JSON.stringify({ error: String(error) })));`;
      const json = (await call('POST', `${session}/execute/async`, { script, args: [] })) as string;
      const { value, error } = JSON.parse(json) as { value?: unknown; error?: string };
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async close() {
      await call('DELETE', session).catch(() => undefined);
      end(driver);
      end(screen);
      rmSync(home.folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const inPath = (program: string) =>
  program.startsWith('/') ? existsSync(program) : existsSync(`/usr/bin/${program}`);

/** The browsers, each with those of its programs that are not installed. */
export const OTHER_BROWSERS: readonly (OtherBrowser & { readonly missing: readonly string[] })[] = [
  { name: 'Firefox ESR', programs: ['firefox-esr'], start: startFirefox },
  { name: 'WebKitGTK', programs: ['WebKitWebDriver', 'Xvfb', MINI_BROWSER], start: startWebKit },
].map((browser) => ({ ...browser, missing: browser.programs.filter((program) => !inPath(program)) }));
