import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exposition } from './exposition.ts';

/** The lines of a family, without its description. */
const linesOf = (exposition: Exposition, name: string) =>
  exposition
    .text()
    .split('\n')
    .filter((line) => line.startsWith(name));

describe('the text', () => {
  it('describes every family once and ends with a line break', () => {
    const text = new Exposition().text();
    const described = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
    expect(new Set(described).size).toBe(described.length);
    expect(described).toContain('gateway_requests_total');
    expect(text.endsWith('\n')).toBe(true);
  });

  it('leaves out labels that say nothing', () => {
    const exposition = new Exposition();
    exposition.add('gateway_holds', { model: 'm', upstream: '' }, 1);
    exposition.add('gateway_catalog_version', {}, 7);
    expect(linesOf(exposition, 'gateway_holds')).toEqual(['gateway_holds{model="m"} 1']);
    expect(linesOf(exposition, 'gateway_catalog_version')).toEqual(['gateway_catalog_version 7']);
  });

  it('keeps any name on one line, and as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (model) => {
        const exposition = new Exposition();
        exposition.add('gateway_holds', { model, upstream: '' }, 1);
        const [line, ...others] = linesOf(exposition, 'gateway_holds');
        expect(others).toEqual([]);
        const [, written] = /^gateway_holds\{model="((?:[^"\\\n]|\\[\\"n])*)"\} 1$/.exec(line!) ?? [];
        expect(written!.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign))).toBe(model);
      }),
    );
  });
});

describe('a histogram', () => {
  it('has in each bucket all that is in those before', () => {
    const exposition = new Exposition();
    const labels = {
      ...{
        gen_ai_operation_name: 'chat',
        gen_ai_provider_name: '',
        gen_ai_request_model: 'm',
        upstream: 'u',
      },
      gen_ai_token_type: 'input',
    };
    exposition.histogram('gen_ai_client_token_usage', labels, {
      bounds: [1, 4],
      calls: [2, 0, 3],
      sum: 50,
      units: 2,
    });
    const same =
      'gen_ai_operation_name="chat",gen_ai_request_model="m",upstream="u",gen_ai_token_type="input"';
    expect(linesOf(exposition, 'gen_ai_client_token_usage')).toEqual([
      `gen_ai_client_token_usage_bucket{${same},le="0.5"} 2`,
      `gen_ai_client_token_usage_bucket{${same},le="2"} 2`,
      `gen_ai_client_token_usage_bucket{${same},le="+Inf"} 5`,
      `gen_ai_client_token_usage_sum{${same}} 25`,
      `gen_ai_client_token_usage_count{${same}} 5`,
    ]);
  });
});
