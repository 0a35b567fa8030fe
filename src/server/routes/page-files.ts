/** The files of the web page, as the build packs them and as the server sends them. */

import { brotliDecompressSync, gzipSync } from 'node:zlib';

/** A file of the page, packed. */
export interface PackedFile {
  /** Relative to the server's address, such as `assets/style-0123456789ab.css`. */
  readonly path: string;
  /** Its media type. */
  readonly type: string;
  /** Its contents, compressed with Brotli, in base64. */
  readonly brotli: string;
}

/** How a body is encoded (RFC 9110 section 8.4.1); `identity` is not at all. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** A file that can be sent. */
export interface WebFile {
  readonly type: string;
  readonly bodies: Readonly<Record<Encoding, Uint8Array<ArrayBuffer>>>;
}

/** The files by path. Each is compressed here, once for the life of the server. */
export function unpackFiles(files: readonly PackedFile[]): ReadonlyMap<string, WebFile> {
  return new Map(
    files.map(({ path, type, brotli }) => {
      const br = new Uint8Array(Buffer.from(brotli, 'base64'));
      const identity = new Uint8Array(brotliDecompressSync(br));
      const gzip = new Uint8Array(gzipSync(identity, { level: 9 }));
      return [path, { type, bodies: { br, gzip, identity } }];
    }),
  );
}

/** The smallest encoding that an `Accept-Encoding` header allows (RFC 9110 section 12.5.3); without one, `identity`. */
export function chooseEncoding(accepted: string | undefined): Encoding {
  const weights = new Map<string, number>();
  for (const part of (accepted ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding, q === undefined ? 1 : Number(q.slice(2)));
  }
  const admits = (coding: string) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
  if (admits('br')) return 'br';
  return admits('gzip') ? 'gzip' : 'identity';
}
