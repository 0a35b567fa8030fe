/** The SDK's door. */

export { type CreatedSecret, type CreateOptions, createSecret } from './client/create.js';
export type { Fetch, FetchInit, FetchReader, FetchReply } from './client/fetch.js';
export { type Reading, type ReadOptions, readSecret } from './client/read.js';
export { type RetrievedSecret, retrieveSecret } from './client/retrieve.js';
export type { SecretLink } from './client/secret-link.js';
export { revokeSecret, type SecretStatus, secretStatus } from './client/status.js';
export { ApiError, EncryptionError, NetworkError, ValidationError, ZephrError } from './core/errors.js';
export { EXPIRY } from './core/limits.js';
export { type Link, parseLink } from './core/link.js';
