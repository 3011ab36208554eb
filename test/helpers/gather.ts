/** All that an iterable yields; `Array.fromAsync` without what ES2023 lacks. */
export async function gather<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of iterable) all.push(each);
  return all;
}
