import type { ModelEntry } from '../catalog/document.ts';

/** What LobeChat is told of a model. */
export interface ListedModel {
  id: string;
  displayName?: string;
  contextTokens?: number;
  abilities: Ability[];
}

/** LobeChat's words for what a model can do. */
const ABILITIES = ['fc', 'vision', 'reasoning'] as const;
type Ability = (typeof ABILITIES)[number];

const ABILITY_OF = { tools: 'fc', vision: 'vision', thinking: 'reasoning' } as const;

export const listedModel = ({ name, displayName, contextTokens, capabilities }: ModelEntry): ListedModel => ({
  id: name,
  ...(displayName !== undefined && { displayName }),
  ...(contextTokens !== undefined && { contextTokens }),
  abilities: ABILITIES.filter((ability) => capabilities.some((each) => ABILITY_OF[each] === ability)),
});

/**
 * What no name may hold: LobeChat splits its settings there and knows no way to say such a character otherwise
 * (`parseModelString`, `parseAgentConfig`; reference: @lobehub/lobehub 2.1.26), or a line of a .env file ends there.
 */
const UNSAYABLE = /[,，<>=;$"\\`]|\p{Cc}/u;

export const isSayable = (name: string): boolean =>
  !UNSAYABLE.test(name) && name.trim() === name && name !== '';

/**
 * `OPENAI_MODEL_LIST`: these models and none of LobeChat's own, `-all,+id=Name<8192:fc:vision>,…`.
 *
 * All names must be sayable; LobeChat would read something else.
 */
export const modelList = (models: readonly ListedModel[]): string =>
  ['-all', ...models.map(listed)].join(',');

function listed({ id, displayName, contextTokens, abilities }: ListedModel): string {
  const name = displayName === undefined ? '' : `=${displayName}`;
  const isPlain = contextTokens === undefined && abilities.length === 0;
  const extension = isPlain ? '' : `<${[contextTokens ?? '', ...abilities].join(':')}>`;
  return `+${id}${name}${extension}`;
}

const LISTED = /^\+([^<=]+)(?:=([^<=]+))?(?:<(\d*)((?::[a-z]+)*)>)?$/;

/** The models of such a list; undefined where it is none that `modelList` makes. */
export function modelsOfList(text: string): ListedModel[] | undefined {
  const [all, ...entries] = text.split(',');
  const models = entries.map(readEntry);
  return all === '-all' && models.every((each) => each !== undefined) ? models : undefined;
}

function readEntry(entry: string): ListedModel | undefined {
  const [, id = '', displayName, context = '', words = ''] = LISTED.exec(entry) ?? [];
  const abilities = words.split(':').filter((word) => word !== '');
  const isKnown = abilities.every((word): word is Ability => ABILITIES.some((ability) => ability === word));
  if (!isKnown || ![id, displayName ?? id].every(isSayable)) return undefined;
  return {
    id,
    ...(displayName !== undefined && { displayName }),
    ...(context !== '' && { contextTokens: Number(context) }),
    abilities: abilities as Ability[],
  };
}
