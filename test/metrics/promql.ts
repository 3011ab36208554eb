/** What a query asks for: series by their names, with the labels that it tells them apart by. */
export interface Asked {
  selectors: { name: string; matchers: { label: string; value: string }[] }[];
  /** In `by (…)`, `on (…)` and their like. */
  groupings: string[];
}

type Token = { kind: 'word' | 'text' | 'number' | 'sign'; text: string };

const TOKENS =
  /\s*(?:(?<word>[a-zA-Z_][\w:]*)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>\d[\w.]*|\$\w+)|(?<sign>[=!<>]=|=~|!~|[-+*/%^<>=(){}[\],:@]))/y;

const GROUPINGS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const OPERATORS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan']);

/**
 * Reads enough of PromQL to know what it asks for; whether it is right in all else a Prometheus says (test/prometheus).
 *
 * @throws Error where there is something that is no part of the language.
 */
export function askedBy(expr: string): Asked {
  const tokens = tokensOf(expr);
  const asked: Asked = { selectors: [], groupings: [] };
  for (let at = 0; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at]!;
    const next = tokens[at + 1]?.text;
    if (kind !== 'word' || OPERATORS.has(text)) continue;
    if (GROUPINGS.has(text)) {
      const inside = next === '(' ? upTo(tokens, at + 2, ')') : [];
      asked.groupings.push(...inside.filter((token) => token.kind === 'word').map((token) => token.text));
      if (next === '(') at += inside.length + 2;
    } else if (next === '{') {
      const inside = upTo(tokens, at + 2, '}');
      asked.selectors.push({ name: text, matchers: matchersIn(inside) });
      at += inside.length + 2;
    } else if (next !== '(' && !GROUPINGS.has(next ?? '')) asked.selectors.push({ name: text, matchers: [] });
  }
  return asked;
}

function tokensOf(expr: string): Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < expr.trimEnd().length) {
    const from = TOKENS.lastIndex;
    const { word, text, number, sign } = TOKENS.exec(expr)?.groups ?? {};
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.slice(1, -1) });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else throw new Error(`no PromQL from here: ${expr.slice(from)}`);
  }
  return tokens;
}

function upTo(tokens: readonly Token[], from: number, end: string): Token[] {
  const length = tokens.slice(from).findIndex(({ kind, text }) => kind === 'sign' && text === end);
  if (length < 0) throw new Error(`no ${end} after ${tokens[from]?.text}`);
  return tokens.slice(from, from + length);
}

/** `label = "value"`, with commas between. */
function matchersIn(tokens: readonly Token[]): { label: string; value: string }[] {
  const matchers = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label, sign, value, comma] = tokens.slice(at, at + 4);
    const isMatcher =
      label?.kind === 'word' && /^(=|!=|=~|!~)$/.test(sign?.text ?? '') && value?.kind === 'text';
    if (!isMatcher || (comma && comma.text !== ',')) throw new Error(`no matcher: ${label?.text}`);
    matchers.push({ label: label.text, value: value.text });
  }
  return matchers;
}
