import { beforeAll, describe, expect, it } from 'vitest';
import { askMessage, streamedEvents, textIn, wholeMessage } from '../helpers/anthropic.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

describe('what goes over the wire', () => {
  it.each(['ollama/tiny', 'ollama/thinker'])('is as the specification has it, from %s', async (model) => {
    const message = await wholeMessage(gateway, askMessage(model));
    const events = await streamedEvents(gateway, askMessage(model));
    const said = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    expect(textIn(events)).toBe(said);
    expect(events.at(-2)).toMatchObject({ usage: { output_tokens: message.usage.output_tokens } });
  });

  it('begins with what the prompt is taken for', async () => {
    const [start] = await streamedEvents(gateway, askMessage('ollama/tiny', 'Hello!'));
    const estimate = Math.ceil(6 * 0.25) + 8 + 4;
    expect(start).toMatchObject({ message: { usage: { input_tokens: estimate, output_tokens: 0 } } });
  });

  it('leaves out what the model thinks where the caller wants only to know that it does', async () => {
    const thinking = { type: 'adaptive', display: 'omitted' };
    const { content } = await wholeMessage(gateway, { ...askMessage('ollama/thinker'), thinking });
    expect(content).toMatchObject([{ type: 'thinking', thinking: '' }, { type: 'text' }]);
    const events = await streamedEvents(gateway, { ...askMessage('ollama/thinker'), thinking });
    expect(JSON.stringify(events)).not.toContain('thinking_delta');
  });
});
