import { GatewayError } from '#shared/errors.ts';
import { checkTemplate } from '../template/check-template.ts';
import type { BlockNode, TemplateNode, TextNode } from '../template/parse-template.ts';
import { type ThinkingTags, thinkingTagsOf, uses } from '../template/template-facts.ts';
import type { Word } from '../template/words.ts';

/** Where the assistant's turn opens, and what stands there of thinking. */
interface Opening {
  text: TextNode;
  /** What follows it and switches thinking on or off; it is replaced. */
  switches: BlockNode[];
}

/**
 * Makes a template open the assistant's turn with `<think>`, unless thinking was switched off: then with an empty one.
 * The tags are those of the template. Ollama begins to read inside the thought when the prompt ends with the opening
 * tag (reference: ollama/server/routes.go), so that the thought still arrives as `thinking`.
 *
 * @throws GatewayError `invalid_request` for a template whose opening or whose tags are not recognised.
 */
export function forceThinking(template: string): string {
  const nodes = checkTemplate(template);
  const tags = thinkingTagsOf(nodes);
  if (!tags) throw refused('its template has no {{ .Thinking }} between tags within {{ range .Messages }}');
  const opening = openingIn(nodes);
  if (!opening)
    throw refused('in its template no place is recognised where the last turn of the assistant opens');
  return spliced(template, opening, tags);
}

function spliced(template: string, { text, switches }: Opening, { opening, closing }: ThinkingTags): string {
  const end = switches.at(-1)?.end ?? text.end;
  const trims = /\s-\}\}$/.test(template.slice(text.start, end)) ? ' -' : ' ';
  const turn = text.text.trimEnd().endsWith(opening)
    ? text.text.trimEnd().slice(0, -opening.length)
    : text.text;
  const choice =
    `{{ if and $.IsThinkSet (not $.Think) }}${opening}\n\n${closing}\n\n` +
    `{{ else }}${opening}\n{{ end${trims}}}`;
  return template.slice(0, text.start) + turn + choice + template.slice(end);
}

/** Either in `{{ if and $last (ne .Role "assistant") }}` in the loop, or right after the loop over the messages. */
function openingIn(nodes: readonly TemplateNode[]): Opening | undefined {
  for (const [index, node] of nodes.entries()) {
    if (node.kind === 'text' || node.kind === 'action') continue;
    const after = nodes.slice(index + 1);
    const found =
      (isTurnOfAssistant(node) && openingAt(node.body)) ||
      openingIn(node.body) ||
      (isLoop(node) && !after.some(hasLoop) && openingAt(after)) ||
      openingIn(node.otherwise);
    if (found) return found;
  }
  return undefined;
}

const isLoop = (node: TemplateNode) => node.kind === 'range' && uses(node.words, 'Messages');

/** Some templates look through the messages first, and speak of an assistant before the turns begin. */
const hasLoop = (node: TemplateNode): boolean =>
  isLoop(node) || ('body' in node && [...node.body, ...node.otherwise].some(hasLoop));

const isTurnOfAssistant = ({ kind, words }: BlockNode) =>
  kind === 'if' && has(words, 'ne') && uses(words, 'Role') && has(words, '"assistant"');

const has = (words: readonly Word[], text: string) => words.some((word) => word.text === text);

function openingAt([text, ...rest]: readonly TemplateNode[]): Opening | undefined {
  if (text?.kind !== 'text' || !/assistant/i.test(text.text)) return undefined;
  const switches: BlockNode[] = [];
  for (const node of rest) {
    if (
      node.kind !== 'if' ||
      !node.words.some(({ path }) => path[0]?.startsWith('Think') || path[0] === 'IsThinkSet')
    )
      break;
    switches.push(node);
  }
  return { text, switches };
}

const refused = (problem: string) =>
  new GatewayError(
    'invalid_request',
    `Thinking cannot be forced on this model: ${problem}. Give a whole \`template\` instead.`,
    { param: 'think' },
  );
