import { costOf, outputFor } from './arithmetic.ts';
import {
  currentWindow,
  FREE,
  isBudget,
  isParallel,
  isRate,
  type Limit,
  type Line,
  type Model,
  type Price,
  type World,
} from './world.ts';

/** A call as the router tells it to `admit_v1`. */
export interface Call {
  id: string;
  router: string;
  key: number;
  address: string | null;
  model: string;
  messages: number;
  tools: number;
  images: number;
  bytes: number;
  latin: number;
  cjk: number;
  other: number;
  output: number | null;
  choices: number;
  /** Absent = 1. */
  prompts?: number;
  endUser: string | null;
  tag: string | null;
  force?: unknown;
}

/** A call that came through the door, with all that its limits depend on. */
export interface Asking {
  call: Call;
  model: Model;
  price: Price;
  limits: Limit[];
  estimate: number;
  bound: number;
  strict: boolean;
  /** The most output per choice, before any limit. */
  wanted: number;
  /** Less than this is not worth beginning. */
  least: number;
}

export function askingOf(world: World, call: Call): Asking {
  const model = world.models.get(call.model)!;
  const limits = limitsOnPath(world, call.key);
  const { estimate, bound } = promptOf(model, call);
  const asked = call.output ?? model.defaultOutput ?? model.maxOutputTokens ?? 8192;
  const inContext =
    model.contextTokens === null
      ? Number.POSITIVE_INFINITY
      : Math.max(model.contextTokens - estimate, model.minOutput);
  return {
    call,
    model,
    limits,
    estimate,
    bound,
    price: model.prices.at(-1) ?? FREE,
    strict: limits.some(
      (limit) => isBudget(limit) && limit.strict && (limit.metric === 'tokens' || limit.metric === 'cost'),
    ),
    wanted: Math.min(asked, model.maxOutputTokens ?? Number.POSITIVE_INFINITY, inContext),
    least: Math.min(asked, model.minOutput),
  };
}

export function limitsOnPath(world: World, keyId: number): Limit[] {
  const key = world.keys.get(keyId)!;
  const { path } = world.consumers.get(key.consumerId)!;
  return [...world.limits.values()].filter(
    (limit) => !limit.retired && (limit.keyId === keyId || path.includes(limit.consumerId ?? -1)),
  );
}

function promptOf(model: Model, call: Call) {
  const { latin, cjk, other, messageTokens } = model.calibration ?? {
    latin: 250_000,
    cjk: 700_000,
    other: 500_000,
    messageTokens: 8,
  };
  const images = call.images * model.imageTokens;
  const context = model.contextTokens ?? Number.POSITIVE_INFINITY;
  const bound = call.bytes + 16 * call.messages + 64 * call.tools + 256 + images;
  const characters = Math.ceil((call.latin * latin + call.cjk * cjk + call.other * other) / 1e6);
  const estimate = Math.min(characters + call.messages * messageTokens + images + 4, bound);
  return { estimate: Math.min(estimate, context), bound: Math.min(bound, context) };
}

const promptOn = (asking: Asking, limit: Limit) => (limit.strict ? asking.bound : asking.estimate);

/** The most output per choice that a budget leaves when `taken` of it is gone. */
export function outputLeft(asking: Asking, limit: Limit, taken: number): number {
  const room = limit.amount - taken;
  const prompt = promptOn(asking, limit);
  const { choices } = asking.call;
  if (limit.metric === 'tokens') return Math.floor((room - prompt) / choices);
  if (limit.metric === 'cost') return outputFor(asking.price, room, prompt, choices);
  return room >= 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** What a call of this cap takes of a limit. */
export function lineOf(asking: Asking, limit: Limit, cap: number): Line {
  return { limit, window: currentWindow(limit), amount: amountOf(asking, limit, cap) };
}

function amountOf(asking: Asking, limit: Limit, cap: number): number {
  if (isParallel(limit) || limit.metric === 'requests') return 1;
  if (isRate(limit)) return unitsOf(asking, limit, cap);
  const prompt = promptOn(asking, limit);
  const output = cap * asking.call.choices;
  return limit.metric === 'tokens' ? prompt + output : costOf(asking.price, prompt, output);
}

/** Rule 13: a rate takes what the call will usually need, and never more than all of it. */
function unitsOf({ call, model, price, estimate }: Asking, limit: Limit, cap: number): number {
  const output = Math.min(model.calibration?.usualOutput ?? 256, cap) * call.choices;
  const units = limit.metric === 'tokens' ? estimate + output : costOf(price, estimate, output);
  return Math.min(units, limit.amount);
}

/** What the prompt alone needs of a rate. */
export function promptUnits({ price, estimate }: Asking, limit: Limit): number {
  if (limit.metric === 'requests') return 1;
  return limit.metric === 'tokens' ? estimate : costOf(price, estimate, 0);
}
