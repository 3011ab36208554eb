export interface Account {
  accessKeyId: string;
  accessKeySecret: string;
  /** Demanded with each request when the key is a temporary one. */
  securityToken?: string;
}

export interface SignedRequest {
  method: string;
  bucket: string;
  key: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  query: ReadonlyMap<string, string>;
}

/** The codes of OSS for a request that is not let in. */
export type Refused =
  | 'AccessDenied'
  | 'InvalidAccessKeyId'
  | 'SignatureDoesNotMatch'
  | 'RequestTimeTooSkewed'
  | 'SecurityTokenExpired';

const SKEW_MS = 15 * 60 * 1000;

/** Whether a request's date is too far from now, or none. */
export const isSkewed = (atMs: number, nowMs: number) => !(Math.abs(atMs - nowMs) <= SKEW_MS);
