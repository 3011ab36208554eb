interface FamilyFacts {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
}

const CALL = ['model', 'upstream', 'operation'] as const;
/** OpenTelemetry's attributes, as its exporters write them (semantic conventions 1.41). */
const GEN_AI = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'upstream'] as const;

/**
 * All that `/metrics` can say, in its order. Labels are names of the catalog and words of ours, so their number has a
 * bound; nobody's user, key or tag is among them. A consumer is, by its id, in the fullest limits alone.
 */
export const FAMILIES = {
  gen_ai_server_request_duration_seconds: {
    type: 'histogram',
    help: 'Admitted calls from arrival to end; error_type is the code of a failure.',
    labels: [...GEN_AI, 'error_type'],
  },
  gen_ai_server_time_to_first_token_seconds: {
    type: 'histogram',
    help: 'From arrival to the first token, with what a cold model took to load.',
    labels: GEN_AI,
  },
  gen_ai_server_time_per_output_token_seconds: {
    type: 'histogram',
    help: 'Mean time of the tokens after the first, by call.',
    labels: GEN_AI,
  },
  gen_ai_client_token_usage: {
    type: 'histogram',
    help: 'Tokens charged, by call.',
    labels: [...GEN_AI, 'gen_ai_token_type'],
  },
  // What came after 1.41 in its place: shown where `OTEL_SEMCONV_STABILITY_OPT_IN` asks for them.
  gen_ai_client_inference_operation_input_tokens: {
    type: 'histogram',
    help: 'Input tokens charged, by call.',
    labels: GEN_AI,
  },
  gen_ai_client_inference_operation_output_tokens: {
    type: 'histogram',
    help: 'Output tokens charged, by call.',
    labels: GEN_AI,
  },
  gen_ai_client_inference_usage_input_tokens_total: {
    type: 'counter',
    help: 'Input tokens charged.',
    labels: GEN_AI,
  },
  gen_ai_client_inference_usage_output_tokens_total: {
    type: 'counter',
    help: 'Output tokens charged.',
    labels: GEN_AI,
  },
  gateway_requests_total: {
    type: 'counter',
    help: 'Admitted calls by how they ended, a finish reason (2xx) or the code of a failure, and by why they went where they did.',
    labels: [...CALL, 'status', 'reason', 'route_reason'],
  },
  gateway_tokens_total: {
    type: 'counter',
    help: 'Tokens charged.',
    labels: [...CALL, 'type'],
  },
  gateway_cost_yuan_total: { type: 'counter', help: 'Cost charged.', labels: CALL },
  gateway_uncharged_tokens_total: {
    type: 'counter',
    help: 'Tokens used and not charged, for want of room.',
    labels: CALL,
  },
  gateway_excess_tokens_total: {
    type: 'counter',
    help: 'Tokens of prompts charged above what was held.',
    labels: CALL,
  },
  gateway_retries_total: {
    type: 'counter',
    help: 'Tries beyond the first, by the last upstream.',
    labels: CALL,
  },
  gateway_counted_until_timestamp_seconds: {
    type: 'gauge',
    help: 'Calls that ended up to then are in the counters and histograms.',
    labels: [],
  },
  gateway_pending_receipts: {
    type: 'gauge',
    help: 'Calls that expired and may still be corrected; counted when they no longer may.',
    labels: [],
  },
  gateway_holds: { type: 'gauge', help: 'Calls under way.', labels: ['model', 'upstream'] },
  gateway_overdue_holds: { type: 'gauge', help: 'Holds whose lease is over.', labels: [] },
  gateway_overdue_hold_seconds: {
    type: 'gauge',
    help: 'For how long the oldest lease of a hold has been over; 0 = none is.',
    labels: [],
  },
  gateway_ledger_drift_rows: {
    type: 'gauge',
    help: 'Rows of ledger_drift at the last check. There must be none.',
    labels: [],
  },
  gateway_ledger_check_timestamp_seconds: {
    type: 'gauge',
    help: 'When the ledger was last checked.',
    labels: [],
  },
  gateway_ledger_check_duration_seconds: {
    type: 'gauge',
    help: 'How long the last check took.',
    labels: [],
  },
  gateway_limits: {
    type: 'gauge',
    help: 'Budgets and parallel limits of root consumers.',
    labels: ['metric', 'window'],
  },
  gateway_limits_nearly_full: {
    type: 'gauge',
    help: 'Of these, with 80 % or more used and held.',
    labels: ['metric', 'window'],
  },
  gateway_limits_full: {
    type: 'gauge',
    help: 'Of these, with all used and held.',
    labels: ['metric', 'window'],
  },
  gateway_limit_used_ratio: {
    type: 'gauge',
    help: 'Used share of the fullest limits of root consumers.',
    labels: ['consumer', 'metric', 'window'],
  },
  gateway_limit_held_ratio: {
    type: 'gauge',
    help: 'Held share of the fullest limits of root consumers.',
    labels: ['consumer', 'metric', 'window'],
  },
  gateway_upstream_enabled: {
    type: 'gauge',
    help: 'Whether the catalog lets calls go there.',
    labels: ['upstream'],
  },
  gateway_upstream_breaker_state: {
    type: 'gauge',
    help: 'Whether the breaker is in this state.',
    labels: ['upstream', 'state'],
  },
  gateway_upstream_failures_in_a_row: {
    type: 'gauge',
    help: 'Failures since the last success.',
    labels: ['upstream'],
  },
  gateway_upstream_slots: {
    type: 'gauge',
    help: 'Calls that it answers at once, where that is known.',
    labels: ['upstream'],
  },
  gateway_upstream_slots_in_use: {
    type: 'gauge',
    help: 'Calls in flight there, of all routers.',
    labels: ['upstream'],
  },
  gateway_upstream_model_loaded: {
    type: 'gauge',
    help: 'Models of its routes that an Ollama has in memory.',
    labels: ['upstream', 'upstream_model'],
  },
  gateway_model_jobs: {
    type: 'gauge',
    help: 'Jobs of the model store: all open ones, and those of the last day.',
    labels: ['kind', 'status'],
  },
  gateway_stuck_model_jobs: {
    type: 'gauge',
    help: 'Open jobs of the model store at which nobody works.',
    labels: [],
  },
  gateway_stuck_model_job_seconds: {
    type: 'gauge',
    help: 'For how long nobody has worked at the oldest of these; 0 = there is none.',
    labels: [],
  },
  gateway_catalog_version: { type: 'gauge', help: 'Version of the catalog.', labels: [] },
  gateway_database_round_trip_seconds: {
    type: 'gauge',
    help: 'One empty question to the database, as this scrape saw it.',
    labels: [],
  },
} as const satisfies Record<string, FamilyFacts>;

type FamilyName = keyof typeof FAMILIES;
export type HistogramName = {
  [Name in FamilyName]: (typeof FAMILIES)[Name]['type'] extends 'histogram' ? Name : never;
}[FamilyName];
export type PlainName = Exclude<FamilyName, HistogramName>;
export type LabelsOf<Name extends FamilyName> = Record<(typeof FAMILIES)[Name]['labels'][number], string>;
