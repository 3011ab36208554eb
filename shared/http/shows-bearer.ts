import { timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header is `Bearer` and this token; what it takes to tell says nothing of the token. */
export function showsBearer(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
