import { type Check, isRecord } from './check.ts';
import { isTimerExpression } from './timer-expression.ts';

interface Trigger {
  trigger: Record<string, unknown>;
  config: Record<string, unknown>;
  at: string;
}

/** What is required of a function's triggers, beyond the names and types that the API knows. */
export const triggerRules: Check = (props, path) => {
  const triggers = triggersIn(props, path);
  return [
    ...nameFindings(triggers),
    ...httpFindings(triggers, path),
    ...triggers.filter(({ trigger }) => trigger.triggerType === 'timer').flatMap(timerFindings),
  ];
};

/** What is required of a function that has no door. */
export const noTriggers: Check = (props, path) =>
  triggersIn(props, path).map(({ at }) => `${at}: must not be there; only an invocation shall reach it`);

function triggersIn(props: unknown, path: string): Trigger[] {
  const all = isRecord(props) && Array.isArray(props.triggers) ? props.triggers : [];
  return all.flatMap((trigger: unknown, index) => {
    if (!isRecord(trigger)) return []; // has its finding already
    const config = isRecord(trigger.triggerConfig) ? trigger.triggerConfig : {};
    return [{ trigger, config, at: `${path}.triggers.${index}` }];
  });
}

/** Of two triggers with one name the second is deployed over the first. */
function nameFindings(triggers: Trigger[]): string[] {
  const names = triggers.map(({ trigger }) => trigger.triggerName);
  return triggers.flatMap(({ at }, index) => {
    const name = names[index];
    if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/.test(name))
      return [
        `${at}.triggerName: must be 1 to 128 letters, digits, _ and -, and not begin with a digit or -`,
      ];
    return names.indexOf(name) < index ? [`${at}.triggerName: ${name} is another trigger's name`] : [];
  });
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'];

function httpFindings(triggers: Trigger[], path: string): string[] {
  const http = triggers.filter(({ trigger }) => trigger.triggerType === 'http');
  if (http.length !== 1) return [`${path}.triggers: must have one http trigger, and has ${http.length}`];
  const { config, at } = http[0]!;
  const methods = Array.isArray(config.methods) ? config.methods : [];
  const findings = methods
    .filter((method) => !METHODS.includes(method))
    .map((method) => `${at}.triggerConfig.methods: no method ${method}`);
  if (!methods.includes('OPTIONS'))
    findings.push(`${at}.triggerConfig.methods: must have OPTIONS; FC would answer preflights in our place`);
  if (!['anonymous', 'function', 'jwt'].includes(String(config.authType)))
    findings.push(`${at}.triggerConfig.authType: must be anonymous, function or jwt`);
  return findings;
}

function timerFindings({ config, at }: Trigger): string[] {
  const findings: string[] = [];
  if (config.enable === undefined)
    findings.push(`${at}.triggerConfig.enable: is missing; nothing would say whether it fires`);
  if (config.cronExpression === undefined)
    findings.push(`${at}.triggerConfig.cronExpression: is missing; nothing would say when it fires`);
  else if (typeof config.cronExpression === 'string' && !isTimerExpression(config.cronExpression))
    findings.push(
      `${at}.triggerConfig.cronExpression: must be @every <n>s, m or h, or six fields from seconds to day of week, perhaps after CRON_TZ=<zone>`,
    );
  return findings;
}
