import { expect, it } from 'vitest';
import { farewell } from './farewell.ts';

const url = 'https://llm.example.com';

it.each<[string, Parameters<typeof farewell>[0], string[], string[]]>([
  ['all callers', { url, qualifier: 'LATEST' }, ['All callers meet it'], ['asked', 'alias']],
  [
    'nobody, by an alias',
    { url, qualifier: 'prod' },
    ['the alias prod meet what they met before'],
    ['All callers'],
  ],
  ['who knows, unasked', { qualifier: 'LATEST' }, ['Nobody asked the router'], ['All callers', 'alias']],
  [
    'nobody, by an alias, unasked',
    { qualifier: 'prod' },
    ['Nobody asked', 'the alias prod'],
    ['All callers'],
  ],
])('a deploy that is met by %s says no more than that', (_, deployed, said, unsaid) => {
  const words = farewell(deployed);
  for (const each of said) expect(words).toContain(each);
  for (const each of unsaid) expect(words).not.toContain(each);
});
