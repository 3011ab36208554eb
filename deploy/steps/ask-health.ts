import { setTimeout as delay } from 'node:timers/promises';

interface Patience {
  tries: number;
  pauseMs: number;
}

/** Asks the router whether it can serve; a first instance has to start. @throws Error with what it said last */
export async function askHealth(
  routerUrl: string,
  { tries, pauseMs }: Patience = { tries: 10, pauseMs: 3_000 },
): Promise<string> {
  for (let triesLeft = tries - 1; ; triesLeft -= 1) {
    const problem = await problemAt(`${routerUrl.replace(/\/$/, '')}/healthz`);
    if (problem === undefined) return `The router at ${routerUrl} is well.`;
    if (triesLeft === 0) throw new Error(`the router at ${routerUrl} is not well: ${problem}`);
    await delay(pauseMs);
  }
}

async function problemAt(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (answer.ok) return undefined;
    return `it answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`;
  } catch (error) {
    // fetch says no more than that it failed; why is in its cause.
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? String(error);
  }
}
