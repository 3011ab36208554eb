import { type Check, required, valueAt } from './check.ts';
import { ofTheCpu } from './cpu-rules.ts';

/** What is required of a function whose code we bring and whose runtime is FC's. */
export const onTheRuntime: Check = (props, path) =>
  [present, ofTheCpu, startsOnTheLayer].flatMap((rule) => rule(props, path));

const present = required({
  code: 'there is nothing to run',
  handler: 'the component would fill in a word of its own',
  'customRuntimeConfig.port': 'FC would knock at a port that nobody chose',
});

/** custom.debian12 has no Node.js, and no PATH that would find the layer's. */
const startsOnTheLayer: Check = (props, path) => {
  const command = valueAt(props, 'customRuntimeConfig.command.0');
  const layers = valueAt(props, 'layers');
  const layer = `acs:fc:${valueAt(props, 'region')}:official:layers/Nodejs22/versions/`;
  const findings: string[] = [];
  if (typeof command !== 'string' || !command.startsWith('/opt/nodejs22/'))
    findings.push(`${path}.customRuntimeConfig.command: must be an absolute path below /opt/nodejs22`);
  if (!Array.isArray(layers) || !layers.some((each) => String(each).startsWith(layer)))
    findings.push(`${path}.layers: must have ${layer}<n>, which brings /opt/nodejs22`);
  return findings;
};
