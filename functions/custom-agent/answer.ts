import { once } from 'node:events';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { readBody } from '#shared/http/read-body.ts';
import { answerIdentity } from '#shared/protocol/answer-identity.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { ChatChunks } from '#shared/protocol/openai/chat-chunks.ts';
import { ChatCompletion } from '#shared/protocol/openai/chat-completion.ts';
import { ChatRequest } from '#shared/protocol/openai/chat-request.ts';
import { readPrompt } from '#shared/protocol/openai/read-prompt.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { ContentPiece, FinishReason, Usage } from '#shared/protocol/piece.ts';
import type { Prompt } from '#shared/protocol/prompt.ts';
import type { Agent } from './agents/agent.ts';
import { agents } from './agents/registry.ts';
import type { CustomAgentConfig } from './config.ts';
import { countPromptTokens, countTokens } from './count-tokens.ts';

/** Answers one chat request by the agent that it names, to `exchange.outgoing`. */
export async function answer(exchange: Exchange, config: CustomAgentConfig): Promise<void> {
  const body = await readBody(exchange.incoming, config.BODY_LIMIT_BYTES);
  const { value } = readJsonDocument(body, config.JSON_DEPTH_LIMIT);
  const request = parseFields(ChatRequest, value);
  const agent = requireAgent(request.model);
  const prompt = readPrompt(value);
  refuseSeveralAnswers(prompt);
  exchange.facts.model = request.model;
  const identity = answerIdentity(exchange.requestId, request.model, Date.now());
  if (request.stream) {
    await stream(
      exchange,
      agent,
      prompt,
      new ChatChunks(identity, request.stream_options?.include_usage ?? false),
    );
  } else {
    await whole(exchange, agent, prompt, new ChatCompletion(identity));
  }
}

async function stream(exchange: Exchange, agent: Agent, prompt: Prompt, chunks: ChatChunks): Promise<void> {
  const { outgoing } = exchange;
  outgoing.writeHead(200, SSE_HEADERS);
  const { reason, usage } = await run(exchange, agent, prompt, async (piece) => {
    if (outgoing.write(chunks.piece(piece))) return;
    await once(outgoing, 'drain', { signal: exchange.hungUp }).catch(() => {}); // `run` looks who is still there
  });
  outgoing.end(chunks.ending(reason, usage));
}

async function whole(
  exchange: Exchange,
  agent: Agent,
  prompt: Prompt,
  completion: ChatCompletion,
): Promise<void> {
  const { reason, usage } = await run(exchange, agent, prompt, async (piece) => {
    completion.piece(piece);
  });
  exchange.outgoing
    .writeHead(200, { 'content-type': 'application/json' })
    .end(completion.ending(reason, usage));
}

interface Run {
  reason: FinishReason;
  usage: Usage;
}

/** Runs the agent within the output cap; an agent does not go on for a caller that has gone. */
async function run(
  { hungUp, facts }: Exchange,
  agent: Agent,
  prompt: Prompt,
  show: (piece: ContentPiece) => Promise<void>,
): Promise<Run> {
  const cap = prompt.outputCap ?? Number.POSITIVE_INFINITY;
  const usage = { prompt: countPromptTokens(prompt), output: 0 };
  let reason: FinishReason = 'stop';
  for await (const piece of agent.answer(prompt)) {
    if (hungUp.aborted) throw new GatewayError('caller_gone', 'The caller hung up.');
    const tokens = countTokens(piece.type === 'tool-call' ? piece.arguments : piece.text);
    if (usage.output + tokens > cap) {
      reason = 'length';
      break;
    }
    usage.output += tokens;
    await show(piece);
  }
  Object.assign(facts, { promptTokens: usage.prompt, outputTokens: usage.output, finish: reason });
  return { reason, usage };
}

function requireAgent(name: string): Agent {
  const agent = agents.get(name);
  if (agent) return agent;
  throw new GatewayError('model_not_found', `There is no agent \`${name.slice(0, 200)}\`.`, {
    param: 'model',
  });
}

function refuseSeveralAnswers(prompt: Prompt): void {
  const several = prompt.demands.find((demand) => demand.kind === 'choices');
  if (!several) return;
  throw new GatewayError('unsupported_parameter', 'An agent gives one answer a request; n must be 1.', {
    param: several.param,
  });
}
