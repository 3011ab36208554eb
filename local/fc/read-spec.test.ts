import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSpec } from './read-spec.ts';

const router = `
  router:
    component: fc3
    props:
      region: \${vars.region}
      functionName: sublet-router
      runtime: custom.debian12
      handler: index.handler
      code: ./dist/router
      timeout: 600
      memorySize: 1024
      instanceConcurrency: 100
      customRuntimeConfig:
        command: ['/opt/nodejs22/bin/node']
        args: ['--enable-source-maps', '/code/server.mjs']
        port: 9000
        healthCheckConfig: {httpGetUrl: /healthz}
      environmentVariables:
        DATABASE_URL: \${env('DATABASE_URL')}
        LOG_LEVEL: \${env('LOG_LEVEL', 'info')}
        SHARE: '80'
      instanceLifecycleConfig:
        initializer: {handler: initialize, timeout: 30}
        preStop: {handler: preStop, timeout: 60}
      concurrencyConfig: {reservedConcurrency: 5}
      provisionConfig: {defaultTarget: 1, alwaysAllocateCPU: false}
      asyncInvokeConfig: {asyncTask: true, maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600}
      nasConfig: {userId: 1, groupId: 1, mountPoints: [{serverAddr: 'nas:/a', mountDir: /mnt/ollama}]}
      triggers:
        - triggerName: http
          triggerType: http
          triggerConfig: {authType: anonymous, methods: [GET, POST]}
        - triggerName: sweep
          triggerType: timer
          triggerConfig: {cronExpression: '@every 1m', enable: true, payload: all}
        - triggerName: report
          triggerType: timer
          triggerConfig: {cronExpression: 0 0 4 * * *, enable: false}
`;

const minimal = `
  minimal:
    component: fc3
    props: {region: cn-hangzhou, functionName: minimal, runtime: custom.debian12, code: ./dist/minimal}
`;

const container = `
  ollama:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: ollama
      runtime: custom-container
      customContainerConfig: {image: 'registry/ollama:1', port: 8000, healthCheckConfig: {httpGetUrl: /healthz}}
      environmentVariables: {OLLAMA_MODELS: /mnt/ollama, OLLAMA_COMMAND: ollama}
  bucket:
    component: oss
    props: {region: cn-hangzhou}
`;

describe('s.yaml', { timeout: 60_000 }, () => {
  it('says of a function what FC acts upon', async () => {
    const { file, directory } = aSpecFile(router);
    expect(await readSpec(file, { DATABASE_URL: 'postgres://local' })).toEqual([
      {
        name: 'router',
        functionName: 'sublet-router',
        region: 'cn-shanghai',
        runtime: 'custom.debian12',
        handler: 'index.handler',
        codeDirectory: join(directory, 'dist/router'),
        command: ['/opt/nodejs22/bin/node'],
        args: ['--enable-source-maps', '/code/server.mjs'],
        port: 9000,
        timeoutSeconds: 600,
        memoryMb: 1024,
        environment: { DATABASE_URL: 'postgres://local', LOG_LEVEL: 'info', SHARE: '80' },
        httpMethods: ['GET', 'POST'],
        timers: [{ name: 'sweep', cronExpression: '@every 1m', payload: 'all' }],
        async: { isTask: true, retries: 0, maxAgeSeconds: 3600 },
        mountDirs: ['/mnt/ollama'],
        instanceConcurrency: 100,
        reservedConcurrency: 5,
        minInstances: 1,
        initializer: { timeoutSeconds: 30 },
        preStop: { timeoutSeconds: 60 },
        healthCheckUrl: '/healthz',
      },
    ]);
  });

  it('leaves to FC’s defaults what it does not say', async () => {
    const [spec] = await readSpec(aSpecFile(minimal).file, {});
    expect(spec).toMatchObject({
      command: ['/code/bootstrap'],
      port: 9000,
      timeoutSeconds: 3,
      memoryMb: 512,
      instanceConcurrency: 1,
      environment: {},
      httpMethods: [],
      timers: [],
      async: { isTask: false, retries: 3, maxAgeSeconds: 86_400 },
      mountDirs: [],
    });
    expect(spec).not.toHaveProperty('initializer');
  });

  it('may have containers and other resources, which do not run here', async () => {
    const specs = await readSpec(aSpecFile(container + minimal).file, {});
    expect(specs.map(({ name }) => name)).toEqual(['minimal']);
  });

  it('may have a container for which something else stands in', async () => {
    const command = ['/usr/bin/node', '/dist/ollama/server.mjs'];
    const ollama = { command, directory: '/dist/ollama', environment: { OLLAMA_COMMAND: '/opt/ollama' } };
    const [spec] = await readSpec(aSpecFile(container).file, {}, { ollama });
    expect(spec).toMatchObject({
      name: 'ollama',
      runtime: 'custom-container',
      codeDirectory: '/dist/ollama',
      command,
      args: [],
      port: 8000,
      environment: { OLLAMA_MODELS: '/mnt/ollama', OLLAMA_COMMAND: '/opt/ollama' },
      healthCheckUrl: '/healthz',
    });
  });

  it('that wants a variable which is not given is an error that names it', async () => {
    await expect(readSpec(aSpecFile(router).file, {})).rejects.toThrow("env('DATABASE_URL') not found");
  });

  it('never takes a variable from the developer’s environment or from a .env file', async () => {
    const { file, directory } = aSpecFile(router);
    writeFileSync(join(directory, '.env'), 'DATABASE_URL=postgres://production');
    process.env.DATABASE_URL = 'postgres://production';
    onTestFinished(() => void delete process.env.DATABASE_URL);
    await expect(readSpec(file, {})).rejects.toThrow("env('DATABASE_URL') not found");
  });

  it.each([
    ['timeout: 600', 'timeout: 90000', 'timeout'],
    ["'80'", '80', 'put it in quotes'],
    ['custom.debian12', 'nodejs20', 'only custom runtimes and containers run here'],
    ['[GET, POST]', '[GET, FETCH]', 'methods'],
    [', enable: true', '', 'timers[0].triggerConfig.enable'],
  ])('with a fault (%s → %s) is refused by the function’s name', async (sound, faulty, reason) => {
    const { file } = aSpecFile(router.replace(sound, faulty));
    const reading = readSpec(file, { DATABASE_URL: 'postgres://local' });
    await expect(reading).rejects.toThrow('s.yaml: router:');
    await expect(reading).rejects.toThrow(reason);
  });

  it('that is not there is an error that names the file', async () => {
    await expect(readSpec('/nowhere/s.yaml', {})).rejects.toThrow('/nowhere/s.yaml');
  });
});

function aSpecFile(resources: string) {
  const directory = mkdtempSync(join(tmpdir(), 'local-fc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 's.yaml');
  const head = 'edition: 3.0.0\nname: sublet\naccess: default\nvars: {region: cn-shanghai}\nresources:';
  writeFileSync(file, head + resources);
  return { file, directory };
}
