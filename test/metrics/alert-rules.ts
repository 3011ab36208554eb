import { readFile } from 'node:fs/promises';

const RULES = new URL('../../observability/prometheus/sublet.rules.yml', import.meta.url);

export interface AlertRule {
  alert: string;
  expr: string;
  /** What people read, with `{{ $labels.… }}`. */
  summary: string;
}

/** The rules, read line by line as this one file is written; that it is what it should be `promtool` says (test/prometheus). */
export async function readAlertRules(): Promise<AlertRule[]> {
  const text = await readFile(RULES, 'utf8');
  return text
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((rule) => ({
      alert: rule.split('\n', 1)[0]!,
      expr: fieldOf('expr', rule),
      summary: fieldOf('summary', rule),
    }));
}

function fieldOf(name: string, rule: string): string {
  const [, indent, rest] = new RegExp(`^( +)${name}: (.+)$`, 'm').exec(rule) ?? [];
  if (indent === undefined || rest === undefined) throw new Error(`no ${name} in ${rule}`);
  if (rest !== '>-') return rest.replace(/^'(.*)'$/, '$1');
  const folded = rule
    .slice(rule.indexOf(`${name}: >-`))
    .split('\n')
    .slice(1);
  const end = folded.findIndex((line) => !line.startsWith(`${indent} `));
  return folded
    .slice(0, end)
    .map((line) => line.trim())
    .join(' ');
}
