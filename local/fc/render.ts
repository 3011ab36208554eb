import { Renderer, type Resource } from './renderer.ts';

/**
 * s.yaml as `s deploy` would render it with `environment` and nothing else: not the variables of this
 * process, not a `.env`, no credentials of whoever runs it.
 *
 * @throws Error with the file and the renderer's own words
 */
export async function render(file: string, environment: Record<string, string>): Promise<Resource[]> {
  const renderer = kept ?? new Renderer();
  try {
    return await renderer.render({ file, environment });
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    if (renderer !== kept) await renderer.end();
  }
}

let kept: Renderer | undefined;

/** From now on one child renders, for as long as this process is there: most of a rendering is to start one. */
export function keepRenderer(): void {
  kept ??= new Renderer();
}
