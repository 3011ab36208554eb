import { GatewayError } from '#shared/errors.ts';
import type { MessagesParameters, Tool } from './messages-request.ts';

/**
 * Refuses what Anthropic's service does beside its models, by the path of the field that asks for it.
 *
 * Tolerated are `cache_control` and `service_tier`, which change nothing in an answer, and `context_management`,
 * which clients send always: it would leave out what a model has read before, and here all of it stays.
 *
 * @throws GatewayError `unsupported_parameter`
 */
export function refuseWishes(request: MessagesParameters): void {
  for (const [field, why, harmless] of SERVICES) refuse(request[field], field, why, harmless);
  const budget = request.output_config?.task_budget;
  refuse(budget, 'output_config.task_budget', 'an answer is bounded by max_tokens alone');
  for (const [index, tool] of (request.tools ?? []).entries()) refuseToolWishes(tool, `tools[${index}]`);
}

const SERVICES: [field: string, why: string, harmless?: string][] = [
  ['container', 'no code is run here'],
  ['mcp_servers', 'no MCP servers are called from here'],
  ['diagnostics', 'earlier answers are not kept here'],
  ['thread', 'conversations are not kept here'],
  ['fallbacks', 'the model that is asked for answers, or none'],
  ['safeguards', 'there are no classifiers here'],
  ['inference_geo', 'where a model runs is set by the operator', 'global'],
  ['speed', 'there is one speed here', 'standard'],
];

function refuseToolWishes(tool: Tool, param: string): void {
  refuse(tool.defer_loading || null, `${param}.defer_loading`, 'a model is told of all tools at once');
  refuse(tool.input_examples, `${param}.input_examples`, 'examples belong into the description');
  const callers = [tool.allowed_callers ?? []].flat().filter((caller) => caller !== 'direct');
  refuse(callers, `${param}.allowed_callers`, 'no code is run here that could call tools');
}

function refuse(value: unknown, param: string, why: string, harmless?: string): void {
  if (value == null || value === harmless || (Array.isArray(value) && value.length === 0)) return;
  throw new GatewayError('unsupported_parameter', `${param} cannot be given: ${why}.`, { param });
}
