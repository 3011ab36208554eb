import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';

interface Patience {
  tries: number;
  pauseMs: number;
}

/** What an address said: which version answered, where that is known, or why it is not well. */
type Said = { version: string | null } | { problem: string };

/**
 * Asks the router whether it can serve; a first instance has to start.
 *
 * @param qualifier by which callers are to meet it at this address: an alias or `LATEST`; undefined: nobody knows
 * @throws Error with what it said last
 */
export async function askHealth(
  routerUrl: string,
  qualifier?: string,
  { tries, pauseMs }: Patience = { tries: 10, pauseMs: 3_000 },
): Promise<string> {
  for (let triesLeft = tries - 1; ; triesLeft -= 1) {
    const said = expecting(qualifier, await healthAt(`${routerUrl.replace(/\/$/, '')}/healthz`));
    if ('version' in said) return `The router at ${routerUrl} is well${inVersion(said.version)}.`;
    if (triesLeft === 0) throw new Error(`the router at ${routerUrl} is not well: ${said.problem}`);
    await delay(pauseMs);
  }
}

/** What an operator says of where the router is. @throws InvalidArgumentError for what could not be asked */
export function addressOf(said: string): string {
  if (URL.canParse(said) && /^https?:$/.test(new URL(said).protocol)) return said;
  throw new InvalidArgumentError('It must be an http:// or https:// address.');
}

async function healthAt(url: string): Promise<Said> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (answer.ok) return { version: answer.headers.get('x-fc-invocation-function-version') };
    return { problem: `it answered ${answer.status}: ${(await answer.text()).slice(0, 300)}` };
  } catch (error) {
    // fetch says no more than that it failed; why is in its cause.
    const { cause } = error as { cause?: { code?: string } };
    return { problem: cause?.code ?? String(error) };
  }
}

/** The tool leaves a domain's route as it is, so that one from before an alias was said goes on past it, and the reverse. */
function expecting(qualifier: string | undefined, said: Said): Said {
  if (qualifier === undefined || !('version' in said) || said.version === null) return said;
  const { version } = said;
  if ((version === 'LATEST') === (qualifier === 'LATEST')) return said;
  const [met, wanted] =
    version === 'LATEST'
      ? [AS_IT_STANDS, `the alias ${qualifier}`]
      : [`its version ${version}`, AS_IT_STANDS];
  return {
    problem:
      `callers meet ${met}, and not ${wanted}. The tool does not change a route that is there: lead the domain to ` +
      `${qualifier} in the console (Custom Domains).`,
  };
}

const AS_IT_STANDS = 'the function as it stands';

const inVersion = (version: string | null) =>
  version === null || version === 'LATEST' ? '' : `, in its version ${version}`;
