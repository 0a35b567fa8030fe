/** The SDK: what `zephr` exports. */

export {
  createSecret,
  type SecretLink,
  type SplitLink,
  type StandardLink,
} from './client/create/create.js';
export type { SecretGates } from './client/create/gates.js';
export type { CreateSecretOptions, SecretContent } from './client/create/options.js';
export type { Attachment, Content } from './client/files/content.js';
export type { SecretFile } from './client/files/download.js';
export { type OpenedSecret, openSecret } from './client/open-secret.js';
export {
  type Reading,
  type RequestCodeOptions,
  type RetrieveSecretOptions,
  readSecret,
  requestCode,
  type SentCode,
} from './client/read.js';
export {
  type AnswerRequestOptions,
  answerRequest,
  type SentAnswer,
} from './client/requests/answer-request.js';
export {
  type Answer,
  type CollectAnswersOptions,
  type CollectedAnswers,
  collectAnswers,
} from './client/requests/collect-answers.js';
export {
  type CreatedRequest,
  type CreateRequestOptions,
  createRequest,
} from './client/requests/create-request.js';
export { type SecretRequest, viewRequest } from './client/requests/request.js';
export {
  cancelRequest,
  type OwnRequest,
  type ReceivedAnswer,
  type RequestReceipt,
  type RequestReference,
  type RequestStatus,
  type RequestStatusOptions,
  requestStatus,
} from './client/requests/request-status.js';
export {
  type RetrievalResult,
  type RetrievedFile,
  type RetrievedSecret,
  retrieveSecret,
} from './client/retrieve.js';
export type { SecretStatus } from './client/secret-status.js';
export {
  type Created,
  type ListedRequest,
  type ListedSecret,
  type ListRequestsOptions,
  type ListSecretsOptions,
  listRequests,
  listSecrets,
  type OwnerOptions,
  type RequestList,
  type SecretList,
  type Statistics,
  secretStatistics,
} from './client/sender/lists.js';
export {
  type OwnSecret,
  revokeSecret,
  type SecretReference,
  type StatusOptions,
  secretStatus,
} from './client/status.js';
export type { Fetch, FetchInit, FetchReader, FetchReply } from './client/transport/fetch.js';
/** `ApiErrorCode` has the codes of zephr 1, so that a program that lists them all still does; `ServerErrorCode` has ours. */
export type {
  ApiErrorCode as ServerErrorCode,
  Version1ErrorCode as ApiErrorCode,
} from './core/error-codes.js';
export {
  ApiError,
  EncryptionError,
  NetworkError,
  ValidationError,
  ZephrError,
} from './core/errors.js';
export { EXPIRY } from './core/expiry.js';
export type { Link } from './core/link.js';
export type { LinkOrPair } from './core/links/link-or-pair.js';
export { parseLink } from './core/links/reader.js';
export type { CollectLink, RequestLink } from './core/links/request-links.js';
