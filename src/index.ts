/** The SDK's door. */

export { type CreatedSecret, type CreateOptions, createSecret } from './client/create.js';
export type { Fetch } from './client/fetch.js';
export { type Reading, type ReadOptions, readSecret } from './client/read.js';
export { revokeSecret, type SecretStatus, secretStatus } from './client/status.js';
export { ApiError, EncryptionError, NetworkError, ValidationError, ZephrError } from './core/errors.js';
export { EXPIRY } from './core/limits.js';
export { type Link, parseLink } from './core/link.js';
