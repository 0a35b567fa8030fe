/**
 * A client that knows version 1 only, written from core/protocol/PROTOCOL.md sections 1, 2 and 4 and from nothing else:
 * it stands for the clients that exist. It shares no line with src/.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export async function createV1(
  server: string,
  secret: Uint8Array,
  options: { split?: boolean; hint?: string; expiry?: number } = {},
): Promise<{ link: string; url: string; key: string }> {
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  const inner = `{"iv":"${iv.toString('base64url')}","ciphertext":"${sealed.toString('base64url')}"}`;
  const reply = await fetch(`${server}/api/secrets`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      encrypted_blob: Buffer.from(inner).toString('base64url'),
      expiry: options.expiry ?? 60,
      split_url_mode: options.split ?? false,
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    }),
  });
  if (reply.status !== 201) throw new Error(`create: HTTP ${reply.status} ${await reply.text()}`);
  const { id } = (await reply.json()) as { id: string };
  const url = `${server}/secret/${id}`;
  const keyText = `v1.${key.toString('base64url')}`;
  return { url, key: keyText, link: `${url}#${keyText}` };
}

export async function readV1(link: string): Promise<{ secret: Buffer; hint: string | undefined }> {
  const [, server, id, encoded = ''] =
    /^(.*)\/secret\/([A-Za-z0-9_-]{22})#v1\.([A-Za-z0-9_-]{43})$/.exec(link) ?? [];
  if (server === undefined) throw new Error('not a version 1 link');
  const reply = await fetch(`${server}/api/secrets/${id}`);
  if (reply.status !== 200) throw new Error(`read: HTTP ${reply.status} ${await reply.text()}`);
  const { encrypted_blob, hint } = (await reply.json()) as { encrypted_blob: string; hint?: string };
  const inner = JSON.parse(Buffer.from(encrypted_blob, 'base64url').toString()) as {
    iv: string;
    ciphertext: string;
  };
  const sealed = Buffer.from(inner.ciphertext, 'base64url');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(encoded, 'base64url'),
    Buffer.from(inner.iv, 'base64url'),
  );
  decipher.setAuthTag(sealed.subarray(-16));
  return { secret: Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]), hint };
}
