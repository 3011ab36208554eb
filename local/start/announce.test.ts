import { describe, expect, it } from 'vitest';
import { announcement, type Circumstances, type Started } from './announce.ts';
import { firstToTry } from './what-is-offered.ts';

const told = (started: Partial<Started> = {}, circumstances: Partial<Circumstances> = {}) =>
  announcement(
    {
      url: 'http://here',
      key: 'sk-first',
      keyWorks: true,
      models: ['m'],
      databaseUrl: 'postgres://secret',
      metricsUrl: 'http://console/metrics',
      metricsToken: 'for-metrics',
      ...started,
    },
    {
      takenPort: undefined,
      ollamas: [],
      store: '/data/models',
      dataDirectory: '/data',
      databasePlace: 'kept in /data/postgres',
      modelToTry: 'm',
      ...circumstances,
    },
  );

describe('the announcement', () => {
  it('says where the database is and how to reach it, but not with what password', () => {
    expect(told()).toContain(
      'Database   kept in /data/postgres\n             npm start --silent -- --json prints its URL.',
    );
    expect(told()).not.toContain('postgres://');
  });

  it('says where the metrics are and how to ask for them', () => {
    expect(told()).toContain(
      "Metrics    http://console/metrics\n             curl http://console/metrics -H 'Authorization: Bearer for-metrics'",
    );
  });

  it('does not offer a first key that is refused', () => {
    const text = told({ keyWorks: false });
    expect(text).toContain('The first key is disabled');
    expect(text).not.toContain('sk-first');
  });

  it('asks nobody to chat where nothing chats', () => {
    expect(told({}, { modelToTry: undefined })).not.toContain('Try it');
  });

  it('names the models that an Ollama could not describe', () => {
    const ollama = { url: 'http://ollama', models: [], leftOut: ['half', 'broken'] };
    expect(told({}, { ollamas: [ollama] })).toContain('left out, for it cannot describe them: half, broken');
  });
});

describe('the model to begin with', () => {
  const chat = (name: string) => ({ name, kind: 'chat' as const });
  const embedding = { name: 'all-minilm', kind: 'embedding' as const };

  it.each([
    ['the agent, if it is offered', [embedding, chat('a'), chat('custom-agent')], 'custom-agent'],
    ['else the first that chats', [embedding, chat('b'), chat('c')], 'b'],
    ['else none', [embedding], undefined],
  ])('is %s', (_which, offered, name) => {
    expect(firstToTry(offered)).toBe(name);
  });
});
