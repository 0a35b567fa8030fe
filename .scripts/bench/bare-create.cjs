// The floor of a create by the command: the same bytes to the same server, with node:http and WebCrypto alone, for one
// small secret, without options, settings, checks or a second try.
const { readFileSync } = require('node:fs');
const { request } = require('node:http');
const { subtle } = globalThis.crypto;

async function create(server, secret) {
  const link = crypto.getRandomValues(new Uint8Array(32));
  const base = await subtle.importKey('raw', link, 'HKDF', false, ['deriveBits']);
  const salted = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array() };
  const derive = (info) => subtle.deriveBits({ ...salted, info: Buffer.from(`zephr/v2/${info}`) }, base, 256);
  const [raw, proof] = await Promise.all([derive('encryption-key'), derive('proof')]);
  const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  const frame = new Uint8Array(256);
  frame.set([...secret, 0x80], 2);
  const iv = new Uint8Array(12).fill(1, 11);
  const sealed = Buffer.from(await subtle.encrypt({ name: 'AES-GCM', iv }, key, frame));
  const encrypted_blob = Buffer.concat([Buffer.of(2), sealed]).toString('base64url');
  const proof_hash = Buffer.from(await subtle.digest('SHA-256', proof)).toString('base64url');
  const body = JSON.stringify({ encrypted_blob, expiry: 60, split_url_mode: false, version: 2, proof_hash });
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
  request(`${server}/api/secrets`, { method: 'POST', headers }, async (response) => {
    const { id } = JSON.parse(Buffer.concat(await response.toArray()));
    process.stdout.write(`${server}/secret/${id}#v2.${Buffer.from(link).toString('base64url')}\n`);
  }).end(body);
}

create(process.argv[2], readFileSync(0));
