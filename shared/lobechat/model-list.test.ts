import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatalogDocument } from '../catalog/document.ts';
import { isSayable, type ListedModel, listedModel, modelList, modelsOfList } from './model-list.ts';

const model = (fields: object) =>
  listedModel(CatalogDocument.shape.models.element.parse({ name: 'qwen3:8b', ...fields }));

describe('a model of the catalog', () => {
  it.each<[string, object, string]>([
    ['that says nothing of itself', {}, '+qwen3:8b'],
    ['with a name for people', { displayName: 'Qwen 3' }, '+qwen3:8b=Qwen 3'],
    ['with a context', { contextTokens: 32_768 }, '+qwen3:8b<32768>'],
    ['that can do something, in a context that nobody knows', { capabilities: ['tools'] }, '+qwen3:8b<:fc>'],
    [
      'that can do everything',
      { displayName: 'Qwen 3', contextTokens: 8192, capabilities: ['thinking', 'vision', 'tools'] },
      '+qwen3:8b=Qwen 3<8192:fc:vision:reasoning>',
    ],
  ])('%s is listed so', (_, fields, listed) => {
    expect(modelList([model(fields)])).toBe(`-all,${listed}`);
  });
});

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  fc.constantFrom(
    'qwen3:8b',
    'org/m%20',
    "o'brien",
    '通义',
    '+a',
    '-b',
    'all',
    'a->b',
    'a=b',
    'a，b',
    '🦙',
    'x<y',
  ),
);
const sayable = name.filter(isSayable);
const listed: fc.Arbitrary<ListedModel> = fc.record(
  {
    id: sayable,
    displayName: sayable,
    contextTokens: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    abilities: fc.subarray(['fc', 'vision', 'reasoning'] as const).map((words) => [...words]),
  },
  { requiredKeys: ['id', 'abilities'] },
);
const lists = fc.uniqueArray(listed, { selector: ({ id }) => id, maxLength: 4 });

describe('a list', () => {
  it('is read by LobeChat as it was meant', () => {
    fc.assert(
      fc.property(lists, (models) => {
        expect(readByLobechat(modelList(models))).toEqual({ removesAll: true, models });
      }),
    );
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(lists, (models) => {
        expect(modelsOfList(modelList(models))).toEqual(models);
      }),
    );
  });

  it.each([
    ['', 'nothing'],
    ['+a', 'LobeChat’s own models beside ours'],
    ['-all,a', 'an entry that adds nothing'],
    ['-all,+a<8192:flying>', 'an ability that nobody has'],
    ['-all,+a<8192', 'an end that is missing'],
    ['-all,+a=b=c', 'two names'],
    ['-all,+a,', 'an entry of nothing'],
    ['-all,+$a', 'what the tool would expand'],
  ])('is not `%s`: %s', (text) => {
    expect(modelsOfList(text)).toBeUndefined();
  });
});

/**
 * By the rules of `parseModelString` in @lobehub/chat 1.143.3 and @lobehub/lobehub 2.1.26: entries are split at commas
 * of both widths, what is in angle brackets is the extension, what follows the first `=` the name for people.
 */
function readByLobechat(text: string) {
  let removesAll = false;
  const models: ListedModel[] = [];
  for (const item of text.split(/[,，]/).filter(Boolean)) {
    const [names = '', extension] = item.replace(/^[+-]/, '').split('<');
    const [id = '', displayName] = names.split('=');
    if (item.startsWith('-')) removesAll ||= id === 'all';
    else models.push({ id, ...(displayName && { displayName }), ...extended(extension) });
  }
  return { removesAll, models };
}

function extended(extension: string | undefined) {
  const [context = '', ...words] = (extension ?? '').replace('>', '').split(':');
  const contextTokens = Number.parseInt(context, 10);
  return { ...(contextTokens && { contextTokens }), abilities: words as ListedModel['abilities'] };
}
