import type { Message, Prompt } from '../prompt.ts';
import { imageData, inferenceFields, type OllamaModelSettings } from './inference-fields.ts';
import { refuseDemands, unsupported } from './refuse-demands.ts';

/**
 * Writes a `/api/chat` request.
 *
 * @throws GatewayError `unsupported_parameter` for a wish that Ollama cannot fulfil.
 */
export function chatRequest(prompt: Prompt, settings: OllamaModelSettings): object {
  refuseDemands(prompt.demands);
  refuseToolChoice(prompt);
  const tools = prompt.toolChoice === 'none' ? [] : prompt.tools;
  return {
    model: settings.model,
    messages: messagesOf(prompt.messages),
    ...inferenceFields(prompt, settings),
    ...(tools.length > 0 && { tools }),
  };
}

/** True for names that make Ollama send the prompt to its vendor's cloud. */
export const isCloudModel = (name: string) => /[:-]cloud$/i.test(name);

function refuseToolChoice({ toolChoice }: Prompt): void {
  if (toolChoice === 'auto' || toolChoice === 'none') return;
  const message = 'This model decides itself whether it calls a tool; tool_choice must be auto or none.';
  throw unsupported(message, 'tool_choice');
}

function messagesOf(messages: readonly Message[]): object[] {
  const toolNames = new Map<string, string>();
  return messages.map((message) => {
    // In order: some clients count their calls anew in each turn, so an id means the last one before.
    if (message.role === 'assistant') for (const { id, name } of message.toolCalls) toolNames.set(id, name);
    return messageOf(message, toolNames);
  });
}

function messageOf(message: Message, toolNames: ReadonlyMap<string, string>): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user': {
      const images = message.images.map(imageData);
      return { role: 'user', content: message.text, ...(images.length > 0 && { images }) };
    }
    case 'tool': {
      const name = message.toolName ?? toolNames.get(message.toolCallId);
      return {
        role: 'tool',
        content: message.text,
        ...(message.toolCallId !== '' && { tool_call_id: message.toolCallId }),
        ...(name !== undefined && { tool_name: name }),
      };
    }
    case 'assistant':
      return assistantMessage(message);
  }
}

function assistantMessage({ text, thinking, toolCalls }: Extract<Message, { role: 'assistant' }>): object {
  const calls = toolCalls.map(({ id, name, arguments: args }, index) => ({
    id,
    function: { index, name, arguments: args },
  }));
  return {
    role: 'assistant',
    content: text,
    ...(thinking !== undefined && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}
