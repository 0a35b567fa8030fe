import { describe, expect, it } from 'vitest';
import {
  ApiError,
  decryptionFailed,
  EncryptionError,
  NetworkError,
  ValidationError,
  ZephrError,
} from '../../src/core/errors.js';

describe('errors', () => {
  it.each([
    [new ValidationError('no'), 'ValidationError', 'VALIDATION_ERROR'],
    [new EncryptionError('no'), 'EncryptionError', 'ENCRYPTION_ERROR'],
    [new ApiError('no', 404, 'SECRET_NOT_FOUND'), 'ApiError', 'SECRET_NOT_FOUND'],
    [new NetworkError('no', 'zephr.example'), 'NetworkError', 'NETWORK_ERROR'],
  ])('are ZephrErrors with a name and a code: %o', (error, name, code) => {
    expect(error).toBeInstanceOf(ZephrError);
    expect(error).toMatchObject({ name, code, message: 'no' });
  });

  it('can be made as programs for zephr 1 make them', () => {
    const cause = new TypeError('deeper');
    expect(new NetworkError('no', cause)).toMatchObject({
      cause,
      host: '',
      code: 'NETWORK_ERROR',
      message: 'no',
    });
    expect(new EncryptionError('no', cause)).toMatchObject({
      cause,
      code: 'ENCRYPTION_ERROR',
      message: 'no',
    });
    expect(new EncryptionError('no').cause).toBeUndefined();
    expect(new NetworkError('no')).toMatchObject({ host: '', code: 'NETWORK_ERROR' });
    expect(new NetworkError('no').cause).toBeUndefined();
    expect(new ApiError('no')).toMatchObject({ statusCode: 0, code: 'API_ERROR', message: 'no' });
    expect(new ApiError('no', 410)).toMatchObject({ statusCode: 410, code: 'API_ERROR' });
    expect(new ZephrError('no')).toMatchObject({ code: 'ZEPHR_ERROR' });
  });

  it('tell the words of a server from those of what answered in its place', () => {
    expect(new ApiError('no', 404, 'SECRET_NOT_FOUND').isVerdict).toBe(true);
    expect(new ApiError('no', 404, 'HTTP_404').isVerdict).toBe(false);
  });

  it('keep their cause', () => {
    const cause = new Error('deeper');
    expect(new NetworkError('no', 'zephr.example', 'TIMEOUT', { cause }).cause).toBe(cause);
    expect(new ApiError('no', 429, 'RATE_LIMIT_EXCEEDED', { cause, retryAfter: 7 })).toMatchObject({
      cause,
      statusCode: 429,
      retryAfter: 7,
    });
  });

  it('say the same about everything that does not open', () => {
    const [one, other] = [decryptionFailed('the iv is short'), decryptionFailed(new Error('bad tag'))];
    expect(one.message).toBe(other.message);
    expect(one.code).toBe('DECRYPTION_FAILED');
    expect(one.cause).toMatchObject({ message: 'the iv is short' });
    expect(other.cause).toMatchObject({ message: 'bad tag' });
  });
});
