import * as fc from '@alicloud/fc20230330';
import { arrayOf, autoOr, type Check, type Fields, isA, mapOf, objectOf } from './check.ts';

/** A class of FC's SDK: what one API call, or a part of it, may say. */
interface Model {
  names(): Record<string, string>;
  types(): Record<string, unknown>;
}

/**
 * The fields of a model by the names that s.yaml writes: the component gives its objects to the model's
 * constructor, which takes the properties it has and leaves the rest out. Names on the wire may differ
 * (`Key` for a tag's `key`).
 */
function fieldsOf(model: Model): Fields {
  const types = model.types();
  return Object.fromEntries(Object.keys(model.names()).map((name) => [name, typed(types[name])]));
}

// Unfolded when it is used: models may hold themselves.
const modelled =
  (model: Model): Check =>
  (value, path) =>
    objectOf(fieldsOf(model))(value, path);

/** The SDK's notation: a word, a class, or an array or a map of these. */
function typed(type: unknown): Check {
  if (type === 'string' || type === 'number' || type === 'boolean') return isA(type);
  if (typeof type === 'function') return modelled(type as unknown as Model);
  const { type: kind, itemType, valueType } = type as Record<string, unknown>;
  if (kind === 'array') return arrayOf(typed(itemType));
  if (kind === 'map') return mapOf(typed(valueType));
  throw new Error(`The SDK has a kind of type that is not known here: ${JSON.stringify(type)}`);
}

/** In s.yaml an object; the API takes it as a string of JSON, whose form the trigger's type decides. */
const TRIGGER_CONFIGS: Readonly<Record<string, Check>> = {
  http: modelled(fc.HTTPTriggerConfig),
  timer: modelled(fc.TimerTriggerConfig),
  oss: modelled(fc.OSSTriggerConfig),
  log: modelled(fc.SLSTriggerConfig),
  mns_topic: modelled(fc.MNSTopicTriggerConfig),
  cdn_events: modelled(fc.CDNTriggerConfig),
  eventbridge: modelled(fc.EventBridgeTriggerConfig),
};

const trigger: Check = (value, path) => {
  const { triggerType } = (value ?? {}) as { triggerType?: string };
  const triggerConfig = TRIGGER_CONFIGS[triggerType ?? ''];
  if (!triggerConfig)
    return [`${path}.triggerType: must be one of ${Object.keys(TRIGGER_CONFIGS).join(', ')}`];
  return objectOf({ ...fieldsOf(fc.CreateTriggerInput), triggerConfig })(value, path);
};

/** Which version or alias is meant: the API has it in the query of the call, not in its body. */
const qualifier = isA('string');

/**
 * What the component does after the call, and keeps from the API: `sync`, as where nothing is said, and `drain` wait until
 * there are as many instances as at rest, for 180 times 5 s; `async` and whatever it does not know go on at once
 * (devsapp/fc3, src/subCommands/deploy/impl/provision_config.ts and scaling_config.ts).
 */
const mode =
  (...modes: readonly string[]): Check =>
  (value, path) =>
    modes.some((each) => each === value) ? [] : [`${path}: must be ${modes.join(' or ')}`];

// The component knows the routes of a domain across functions, so each function says only its own.
const {
  routeConfig: _routes,
  corsConfig: _cors,
  isE2B: _e2b,
  ...domain
} = fieldsOf(fc.CreateCustomDomainInput);
const { functionName: _own, ...route } = fieldsOf(fc.PathConfig);

const { vpcConfig: _vpc, nasConfig: _nas, logConfig: _log, ...asInTheApi } = fieldsOf(fc.CreateFunctionInput);

/** Every prop of an fc3 function: those of CreateFunctionInput, and those that mean something else or more. */
export const functionProps = objectOf({
  ...asInTheApi,
  // A folder, which the component zips and uploads; the API hears where it was put.
  code: isA('string'),
  // Chooses the API's address; no call carries it.
  region: isA('string'),
  // Another address of the API than the region's own.
  endpoint: isA('string'),
  // `auto` makes what is missing and fills in its name.
  vpcConfig: autoOr(objectOf({ ...fieldsOf(fc.VPCConfig), vSwitchIds: autoOr(arrayOf(isA('string'))) })),
  nasConfig: autoOr(modelled(fc.NASConfig)),
  logConfig: autoOr(modelled(fc.LogConfig)),
  // Each a call of its own.
  triggers: arrayOf(trigger),
  concurrencyConfig: modelled(fc.PutConcurrencyInput),
  asyncInvokeConfig: objectOf({ ...fieldsOf(fc.PutAsyncInvokeConfigInput), qualifier }),
  scalingConfig: objectOf({
    ...fieldsOf(fc.PutScalingConfigInput),
    qualifier,
    mode: mode('sync', 'async', 'drain'),
  }),
  provisionConfig: objectOf({
    ...fieldsOf(fc.PutProvisionConfigInput),
    qualifier,
    mode: mode('sync', 'async'),
  }),
  customDomain: objectOf({ ...domain, route: objectOf(route) }),
  // One CreateVpcBinding for each.
  vpcBinding: objectOf({ vpcIds: arrayOf(isA('string')) }),
  // Headers that the component adds to its own calls.
  annotations: objectOf({ headers: mapOf(isA('string')) }),
});
