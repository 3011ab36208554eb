import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import { readPrompt } from './read-prompt.ts';

const prompt = (...messages: unknown[]) => readPrompt({ model: 'm', max_tokens: 9, messages });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const image = (source: object = { type: 'base64', media_type: 'image/png', data: 'iVBORw0K' }) => ({
  type: 'image',
  source,
});
const result = (rest: object = {}) => ({ type: 'tool_result', tool_use_id: 't1', content: 'sunny', ...rest });
const use = {
  type: 'tool_use',
  id: 't1',
  name: 'weather',
  input: { city: '北京' },
  caller: { type: 'direct' },
};

describe('a message is refused by the path of what is wrong', () => {
  it.each([
    [null, 'messages[0]'],
    [{ role: 'tool', content: 'x' }, 'messages[0].role'],
    [{ role: 'user' }, 'messages[0].content'],
    [{ role: 'user', content: 5 }, 'messages[0].content'],
    [user({ type: 'text' }), 'messages[0].content[0].text'],
    [user({ type: 'container_upload', file_id: 'f' }), 'messages[0].content[0].type'],
    [user(use), 'messages[0].content[0].type'],
    [user(image({ type: 'file', file_id: 'f' })), 'messages[0].content[0].source.type'],
    [user(image({ type: 'base64', data: 'a b' })), 'messages[0].content[0].source.data'],
    [user(image({ type: 'url' })), 'messages[0].content[0].source.url'],
    [user({ type: 'tool_result' }), 'messages[0].content[0].tool_use_id'],
    [user(result({ content: [{ type: 'search_result' }] })), 'messages[0].content[0].content[0].type'],
    [assistant(image()), 'messages[0].content[0].type'],
    [assistant({ ...use, name: 'n'.repeat(257) }), 'messages[0].content[0].name'],
    [assistant({ type: 'server_tool_use', id: 's', name: 'web_search' }), 'messages[0].content[0].type'],
    [assistant({ ...use, input: 'x' }), 'messages[0].content[0].input'],
    [assistant({ ...use, input: [1] }), 'messages[0].content[0].input'],
    [assistant({ ...use, name: '' }), 'messages[0].content[0].name'],
    [{ role: 'system', content: [image()] }, 'messages[0].content[0].type'],
  ])('such as %j', (message, param) => {
    expect(thrownBy(() => prompt(message))).toMatchObject({ failure: 'invalid_request', param });
  });

  it('in words that say what is taken', () => {
    const error = thrownBy(() => prompt(user({ type: 'search_result' })));
    expect(error).toMatchObject({
      message: 'messages[0].content[0].type: only text, image and tool_result blocks are taken from a user.',
    });
  });
});
