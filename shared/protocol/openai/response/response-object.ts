import type { AnswerIdentity } from '../../answer-identity.ts';
import type { FinishReason, Usage } from '../../piece.ts';
import type { OutputItem } from './output-items.ts';
import type { FunctionTool, ResponseRequest } from './response-request.ts';

/** How far a response has come. */
export type Progress =
  | { status: 'in_progress' }
  | { status: 'completed' | 'incomplete'; reason: FinishReason; usage: Usage; atSeconds: number };

/** What a response says of its request. Nothing is ever stored, whatever was asked for. */
export const echoOf = (request: ResponseRequest) => ({
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  max_tool_calls: request.max_tool_calls ?? null,
  metadata: request.metadata ?? {},
  parallel_tool_calls: request.parallel_tool_calls ?? true,
  previous_response_id: null,
  prompt_cache_key: request.prompt_cache_key ?? null,
  reasoning: {
    effort: request.reasoning?.effort ?? null,
    summary: request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null,
  },
  safety_identifier: request.safety_identifier ?? null,
  service_tier: 'default',
  store: false,
  temperature: request.temperature ?? null,
  text: { ...request.text, format: request.text?.format ?? { type: 'text' } },
  tool_choice: request.tool_choice ?? 'auto',
  tools: (request.tools ?? []).map(echoedTool),
  top_logprobs: 0,
  top_p: request.top_p ?? null,
  truncation: 'disabled',
  user: request.user ?? null,
});

const echoedTool = (tool: FunctionTool) => ({ description: null, parameters: null, strict: null, ...tool });

/** The `response` object, with every key that its schema requires. */
export const responseObject = (
  { id, createdAtSeconds, model }: AnswerIdentity,
  echo: ReturnType<typeof echoOf>,
  output: readonly OutputItem[],
  progress: Progress,
) => ({
  id: `resp_${id}`,
  object: 'response',
  created_at: createdAtSeconds,
  status: progress.status,
  background: false,
  completed_at: progress.status === 'completed' ? progress.atSeconds : null,
  error: null,
  incomplete_details: progress.status === 'incomplete' ? { reason: INCOMPLETE[progress.reason] } : null,
  model,
  output,
  ...echo,
  usage: progress.status === 'in_progress' ? null : usageObject(progress.usage),
});

const INCOMPLETE: Partial<Record<FinishReason, string>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
};

export const statusOf = (reason: FinishReason) => (reason in INCOMPLETE ? 'incomplete' : 'completed');

const usageObject = ({ prompt, output, cached = 0, reasoning = 0 }: Usage) => ({
  input_tokens: prompt,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: prompt + output,
});
