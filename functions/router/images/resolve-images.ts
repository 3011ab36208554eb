import { GatewayError } from '#shared/errors.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { Image, Message } from '#shared/protocol/prompt.ts';
import type { Task } from '#shared/protocol/task.ts';
import { callerGone } from '../giving-up.ts';
import { type Images, tooLarge } from './images.ts';

/** Of one call; a longer conversation has them inline, or begins anew. */
const MOST_ADDRESSES = 64;
/** Of one call at once, so that one with many leaves room for others. */
const AT_ONCE = 4;

/**
 * The call with the images in it that are named by address, which the upstream would be sent and cannot fetch. What
 * was read is kept: to read the task again costs nothing.
 *
 * @throws GatewayError when an image cannot be had, `caller_gone` when the signal is aborted meanwhile.
 */
export async function resolveImages(call: Call, images: Images, signal: AbortSignal): Promise<Call> {
  if (!images.areOffered || call.task.kind === 'embed') return call;
  return { ...call, task: await resolveTask(call.task, images, signal) };
}

async function resolveTask(
  task: Exclude<Task, { kind: 'embed' }>,
  images: Images,
  signal: AbortSignal,
): Promise<Task> {
  if (task.kind === 'generate') {
    const prompt = task.read();
    const inline = await readAll(prompt.images, images, signal);
    const resolved = { ...prompt, images: prompt.images.map(inline) };
    return { kind: 'generate', read: () => resolved };
  }
  const prompt = task.read();
  const inline = await readAll(prompt.messages.flatMap(imagesOf), images, signal);
  const messages = prompt.messages.map((message) =>
    message.role === 'user' ? { ...message, images: message.images.map(inline) } : message,
  );
  const resolved = { ...prompt, messages };
  return { kind: 'chat', read: () => resolved };
}

const imagesOf = (message: Message) => (message.role === 'user' ? message.images : []);

/** Reads what is named by an address, each address once. @returns how an image is said afterwards. */
async function readAll(
  all: readonly Image[],
  images: Images,
  signal: AbortSignal,
): Promise<(image: Image) => Image> {
  const wanted = new Map(all.flatMap((image) => (image.type === 'url' ? [[image.url, image.param]] : [])));
  if (wanted.size > MOST_ADDRESSES) {
    const message = `A request may name ${MOST_ADDRESSES} images by address, and this one names ${wanted.size}.`;
    throw new GatewayError('invalid_request', message, { param: 'messages' });
  }
  let characters = all.reduce((sum, image) => sum + (image.type === 'base64' ? image.data.length : 0), 0);
  const read = new Map<string, string>();
  const one = async (address: string, param: string, aborted: AbortSignal) => {
    const data = await images.read(address, param, aborted);
    characters += data.length * all.filter((image) => image.type === 'url' && image.url === address).length;
    if (characters > images.callLimit)
      throw tooLarge('The images of this request are too large together.', param);
    read.set(address, data);
  };
  await inTurns([...wanted], one, signal);
  return (image) =>
    image.type === 'url' ? { type: 'base64', data: read.get(image.url)!, param: image.param } : image;
}

/** The first that fails ends the others. */
async function inTurns(
  wanted: readonly (readonly string[])[],
  work: (address: string, param: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const aborted = AbortSignal.any([signal, failed.signal]);
  const queue = wanted.values();
  const worker = async () => {
    for (const [address = '', param = ''] of queue) {
      if (aborted.aborted) return;
      await work(address, param, aborted);
    }
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, wanted.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(workers);
    throw signal.aborted ? callerGone() : error;
  }
  if (signal.aborted) throw callerGone();
}
