import { GatewayError } from '#shared/errors.ts';
import { isBase64 } from '../base64.ts';
import type { Image } from '../prompt.ts';

/** Images as base64 data, as Ollama takes them. @throws GatewayError naming the image that is none. */
export const readImages = (images: readonly string[] | null | undefined, path: string): Image[] =>
  (images ?? []).map((data, index) => {
    const param = `${path}[${index}]`;
    if (isBase64(data)) return { type: 'base64', data, param };
    throw new GatewayError('invalid_request', `${param}: the data of the image is not base64.`, { param });
  });
