import { type Bench, type Case, costOf, inRounds } from '../bench.ts';
import { median, microseconds } from '../figures.ts';
import type { Target } from '../targets.ts';

const REQUESTS = 1_000;
const CONNECTIONS = 16;
const PARSES = 200;
const PARAGRAPH = 'She said: "The rent is due."\nA landlord\tlets, a tenant sublets; 房东出租，房客转租。\n';
/** 100 KB of prose in two scripts, with what JSON has to escape. */
const PROMPT = PARAGRAPH.repeat(Math.ceil(100_000 / Buffer.byteLength(PARAGRAPH)));
const NAMES = ['piped', 'router'] as const;

/** What a long prompt costs more than a short one: less what it costs the proxy, in readings of its JSON. */
export const longPrompts: Case = {
  name: 'long',
  async measure(bench) {
    const { report } = bench;
    const parseUs: number[] = [];
    const results = await inRounds(bench, NAMES, async (target) => {
      if (target.name === 'router') parseUs.push(parsingUs(target));
      const short = await cpuUs(bench, target, undefined);
      const long = await cpuUs(bench, target, PROMPT);
      return { short, long, more: long - short };
    });
    parseUs.shift(); // that of the round for warming up
    report.title('Prompts of 100 KB: CPU a request, and what of it is the prompt');
    for (const name of NAMES) {
      const of = (what: 'long' | 'more') => microseconds(median(results[name].map((each) => each[what])));
      report.figures(name, of('long'), of('more'));
    }
    report.figures('JSON.parse', microseconds(median(parseUs)));
    const reading = results.router.map(
      ({ more }, round) => (more - results.piped[round]!.more) / parseUs[round]!,
    );
    report.ratio(
      'prompt of 100 KB: what it costs the router more than the piped proxy / one `JSON.parse` of it',
      reading,
      1,
    );
  },
};

async function cpuUs(bench: Bench, target: Target, prompt: string | undefined): Promise<number> {
  const load = { ...target.request('passed', false, prompt), connections: CONNECTIONS, requests: REQUESTS };
  const cost = await costOf(bench, target, load);
  return cost.cpuUs / REQUESTS;
}

/** Bytes to value, in this process. */
function parsingUs(target: Target): number {
  const bytes = Buffer.from(target.request('passed', false, PROMPT).body);
  const before = process.cpuUsage();
  for (let left = PARSES; left > 0; left -= 1) JSON.parse(bytes.toString('utf8'));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / PARSES;
}
