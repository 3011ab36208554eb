import type { Moment } from '#shared/metrics/read-moment.ts';
import type { Exposition } from './exposition.ts';

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** What is true now. */
export function writeMoment(exposition: Exposition, moment: Moment): void {
  exposition.add('gateway_catalog_version', {}, moment.catalogVersion);
  writeLedger(exposition, moment);
  writeLimits(exposition, moment);
  for (const upstream of moment.upstreams) writeUpstream(exposition, upstream);
  for (const { kind, status, jobs } of moment.jobs)
    exposition.add('gateway_model_jobs', { kind, status }, jobs);
  exposition.add('gateway_stuck_model_jobs', {}, moment.stuckJobs.jobs);
  exposition.add('gateway_stuck_model_job_seconds', {}, moment.stuckJobs.seconds);
}

function writeLedger(exposition: Exposition, { holds, overdue, pendingReceipts, drift }: Moment): void {
  for (const { model, upstream, holds: count } of holds)
    exposition.add('gateway_holds', { model, upstream }, count);
  exposition.add('gateway_overdue_holds', {}, overdue.holds);
  exposition.add('gateway_overdue_hold_seconds', {}, overdue.seconds);
  exposition.add('gateway_pending_receipts', {}, pendingReceipts);
  if (!drift) return; // not checked yet: no number is better than a wrong one
  exposition.add('gateway_ledger_drift_rows', {}, drift.rows);
  exposition.add('gateway_ledger_check_timestamp_seconds', {}, drift.checkedAt);
  exposition.add('gateway_ledger_check_duration_seconds', {}, drift.seconds);
}

function writeLimits(exposition: Exposition, { limits, fullest }: Moment): void {
  for (const { metric, win: window, limits: count, nearlyFull, full } of limits) {
    exposition.add('gateway_limits', { metric, window }, count);
    exposition.add('gateway_limits_nearly_full', { metric, window }, nearlyFull);
    exposition.add('gateway_limits_full', { metric, window }, full);
  }
  for (const { consumer, metric, win: window, used, held } of fullest) {
    const labels = { consumer: String(consumer), metric, window };
    exposition.add('gateway_limit_used_ratio', labels, used);
    exposition.add('gateway_limit_held_ratio', labels, held);
  }
}

function writeUpstream(exposition: Exposition, facts: Moment['upstreams'][number]): void {
  const { upstream, enabled, slots, slotsInUse, breaker, failures, loaded } = facts;
  exposition.add('gateway_upstream_enabled', { upstream }, Number(enabled));
  for (const state of BREAKER_STATES) {
    exposition.add('gateway_upstream_breaker_state', { upstream, state }, Number(state === breaker));
  }
  exposition.add('gateway_upstream_failures_in_a_row', { upstream }, failures);
  if (slots !== null) exposition.add('gateway_upstream_slots', { upstream }, slots);
  exposition.add('gateway_upstream_slots_in_use', { upstream }, slotsInUse);
  for (const model of loaded) {
    exposition.add('gateway_upstream_model_loaded', { upstream, upstream_model: model }, 1);
  }
}
