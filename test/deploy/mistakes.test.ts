import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, findingsIn, renderBundle } from './bundle.ts';
import { exampleEnvironment, S_YAML } from './example-environment.ts';
import { edited } from './mistake.ts';
import * as containers from './mistakes-of-containers.ts';
import * as form from './mistakes-of-form.ts';
import * as lobechat from './mistakes-of-lobechat.ts';
import * as store from './mistakes-of-the-store.ts';
import * as value from './mistakes-of-value.ts';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await renderBundle(S_YAML, exampleEnvironment());
});

describe('planted in the router of s.yaml, it is found:', () => {
  describe.each([
    ['an unknown name', form.unknownNames],
    ['a value of the wrong type', form.wrongTypes],
    ['nothing, where something is needed', form.missing],
    ['a value that FC refuses or we do not want', value.wrongValues],
    ['a variable', value.wrongVariables],
  ])('%s:', (_, mistakes) => {
    const named = mistakes.map(([title, edits, ...findings]) => ({ title, edits, findings }));
    it.each(named)('$title', ({ edits, findings }) => {
      const inRouter = Object.entries(edits).map(([path, value]) => [`router.props.${path}`, value]);
      expect(findingsIn(edited(bundle, Object.fromEntries(inRouter)))).toEqual(
        findings.map((finding) => `router.props.${finding}`),
      );
    });
  });
});

describe('planted in the other functions, it is found:', () => {
  describe.each([
    ['a container', containers.ofContainers],
    ['a card', containers.ofCards],
    ['seats and instances', containers.ofSeats],
    ['what is done later', store.ofTasks],
    ['what stays when idle', lobechat.ofSchedules],
    ['LobeChat', lobechat.ofLobechat],
    ['the store', store.ofTheStore],
  ])('%s:', (_, mistakes) => {
    const named = mistakes.map(([title, edits, ...findings]) => ({ title, edits, findings }));
    it.each(named)('$title', ({ edits, findings }) => {
      expect(findingsIn(edited(bundle, edits))).toEqual(findings);
    });
  });
});

describe('planted in the bundle,', () => {
  it.each([
    [
      'more connections than the database takes',
      { 'router.props.concurrencyConfig.reservedConcurrency': 18 },
      ['all functions together: 83 connections to the database, of which there are 80'],
    ],
    [
      'more instances than a region has',
      { 'custom-agent.props.concurrencyConfig.reservedConcurrency': 249 },
      ['all functions together: 271 instances, of which there are 270'],
    ],
    [
      'more variables than FC takes',
      { 'router.props.environmentVariables.UPSTREAM_X': 'x'.repeat(4096) },
      [
        expect.stringMatching(
          /^router\.props\.environmentVariables: FC takes 4096 bytes .* these are \d{4}$/,
        ),
      ],
    ],
    ['a resource that is no function', { 'router.component': 'oss' }, ['router.component: must be fc3']],
    [
      'a variable of another function',
      { 'custom-agent.props.environmentVariables.DATABASE_URL': 'x' },
      ['custom-agent.props.environmentVariables.DATABASE_URL: the function does not read it'],
    ],
  ])('%s is found', (_, edits, findings) => {
    expect(findingsIn(edited(bundle, edits))).toEqual(findings);
  });
});
