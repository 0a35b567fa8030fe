/**
 * The system's keychain, by the program that the system brings for it: `secret-tool` (Secret Service), `security`
 * (macOS) or PowerShell (Windows Credential Manager). The value goes over stdin and stdout, never into arguments.
 */

import { spawn } from 'node:child_process';
import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { isSystemError, ZephrError } from '../../core/errors.js';

/** Keeps one key for each vault. */
export interface Keychain {
  /** What it is called, for people. */
  readonly name: string;
  /** The key, or null when there is none, or no keychain that answers. */
  read(vaultId: Bytes): Promise<Bytes | null>;
  /** @throws ZephrError `NO_KEYCHAIN` when it is not kept. */
  write(vaultId: Bytes, key: Bytes): Promise<void>;
}

/** How the programs are started. */
export interface Tools {
  readonly platform: NodeJS.Platform;
  /** What they find in their environment: their own needs, and no secret. */
  readonly env: Readonly<Record<string, string>>;
}

/** The keychain of this system. */
export function keychainOf({ platform, env }: Tools): Keychain {
  const program = PROGRAMS[platform] ?? SECRET_SERVICE;
  return {
    name: program.name,
    async read(vaultId) {
      const found = await run(program.read(encodeBase64url(vaultId)), env);
      const text = found?.code === 0 ? found.stdout.trim() : '';
      return text === '' ? null : decodeBase64url(text);
    },
    async write(vaultId, key) {
      const done = await run(program.write(encodeBase64url(vaultId), encodeBase64url(key)), env);
      if (done?.code === 0) return;
      throw new ZephrError(`${program.name} did not take the key`, 'NO_KEYCHAIN');
    },
  };
}

/** A program, its arguments, and what it gets on stdin. */
interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdin: string;
}

interface Program {
  readonly name: string;
  /** Prints the value. `id` and `value` are base64url, which no shell and no parser changes. */
  read(id: string): Call;
  write(id: string, value: string): Call;
}

const SECRET_SERVICE: Program = {
  name: 'the keychain (secret-tool)',
  read: (id) => ({ command: 'secret-tool', args: ['lookup', 'service', 'zephr', 'vault', id], stdin: '' }),
  write: (id, value) => ({
    command: 'secret-tool',
    args: ['store', '--label=zephr vault', 'service', 'zephr', 'vault', id],
    stdin: value,
  }),
};

const MACOS: Program = {
  name: 'the keychain (security)',
  read: (id) => ({
    command: 'security',
    args: ['find-generic-password', '-s', 'zephr', '-a', id, '-w'],
    stdin: '',
  }),
  // With -i it reads its commands on stdin, so the value is no argument.
  write: (id, value) => ({
    command: 'security',
    args: ['-i'],
    stdin: `add-generic-password -U -s zephr -a ${id} -w ${value}\n`,
  }),
};

/** CredReadW and CredWriteW (wincred.h): a generic credential, of this machine. */
const CREDENTIALS = `
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
using System; using System.Runtime.InteropServices; using System.Text;
public static class ZephrCredential {
  [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
  struct Credential { public int Flags; public int Type; public string Target; public string Comment; public long Written;
    public int Size; public IntPtr Blob; public int Persist; public int Count; public IntPtr Attributes; public string Alias; public string User; }
  [DllImport("advapi32", CharSet = CharSet.Unicode, SetLastError = true)] static extern bool CredReadW(string target, int type, int flags, out IntPtr credential);
  [DllImport("advapi32", CharSet = CharSet.Unicode, SetLastError = true)] static extern bool CredWriteW(ref Credential credential, int flags);
  [DllImport("advapi32")] static extern void CredFree(IntPtr credential);
  public static string Read(string target) {
    IntPtr found; if (!CredReadW(target, 1, 0, out found)) return "";
    var one = (Credential)Marshal.PtrToStructure(found, typeof(Credential));
    var bytes = new byte[one.Size]; Marshal.Copy(one.Blob, bytes, 0, one.Size); CredFree(found);
    return Encoding.ASCII.GetString(bytes);
  }
  public static bool Write(string target, string value) {
    var bytes = Encoding.ASCII.GetBytes(value); var blob = Marshal.AllocHGlobal(bytes.Length); Marshal.Copy(bytes, 0, blob, bytes.Length);
    var one = new Credential { Type = 1, Target = target, Size = bytes.Length, Blob = blob, Persist = 2, User = "zephr" };
    var done = CredWriteW(ref one, 0); Marshal.FreeHGlobal(blob); return done;
  }
}
'@
`;

const WINDOWS: Program = {
  name: 'the Credential Manager',
  read: (id) => powershell(`[Console]::Out.Write([ZephrCredential]::Read('zephr:${id}'))`, ''),
  write: (id, value) =>
    powershell(
      `if (-not [ZephrCredential]::Write('zephr:${id}', [Console]::In.ReadLine())) { exit 1 }`,
      `${value}\n`,
    ),
};

function powershell(script: string, stdin: string): Call {
  const encoded = Buffer.from(CREDENTIALS + script, 'utf16le').toString('base64');
  return {
    command: 'powershell.exe',
    args: ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
    stdin,
  };
}

const PROGRAMS: Partial<Readonly<Record<NodeJS.Platform, Program>>> = { darwin: MACOS, win32: WINDOWS };

/** A keychain that is locked asks the person, which takes its time; after this nobody is there, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What a program printed and its exit code; null when there is no such program. */
function run(
  { command, args, stdin }: Call,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly stdout: string } | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'], timeout: PATIENCE_MS });
    const pieces: Uint8Array[] = [];
    child.stdout.on('data', (piece: Uint8Array) => pieces.push(piece));
    child.on('error', (error) => {
      if (isSystemError(error, 'ENOENT', 'EACCES')) resolve(null);
      else reject(error);
    });
    child.on('close', (code) => resolve({ code, stdout: decodeUtf8(Buffer.concat(pieces)) }));
    // A program that fails does not read it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
