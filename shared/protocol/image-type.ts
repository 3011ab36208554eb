export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

/** How many bytes tell. */
export const IMAGE_HEAD_BYTES = 12;

/** What an image is by its first bytes, whatever its name or its sender says; undefined for all else. */
export function imageTypeOf(bytes: Buffer): ImageType | undefined {
  const head = bytes.toString('latin1', 0, IMAGE_HEAD_BYTES);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'image/webp';
  return undefined;
}
